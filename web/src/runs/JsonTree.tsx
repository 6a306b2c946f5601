import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import { words } from '~/i18n'
import classes from './JsonPreview.module.css'

const STEP = 100
const OPEN_DEPTH = 2

function entriesOf(value: object): [string, unknown][] {
  return Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value)
}

function Leaf({ value }: { value: unknown }) {
  const kind = value === null ? 'null' : typeof value
  return <span data-kind={kind}>{typeof value === 'string' ? JSON.stringify(value) : String(value)}</span>
}

interface BranchProps {
  name: string | null
  value: unknown
  depth: number
}

function Branch({ name, value, depth }: BranchProps) {
  const [open, setOpen] = useState(depth < OPEN_DEPTH)
  const [shown, setShown] = useState(STEP)
  const key = name === null ? null : <span className={classes.key}>{name}</span>
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={classes.leaf}>
        {key} <Leaf value={value} />
      </div>
    )
  }
  const entries = entriesOf(value)
  const count = Array.isArray(value)
    ? words.runs.jsonItems(entries.length)
    : words.runs.jsonKeys(entries.length)
  return (
    <div>
      <UnstyledButton className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={13} aria-hidden data-open={open || undefined} />
        {key}
        <span className={classes.count}>{count}</span>
      </UnstyledButton>
      {open ? (
        <div className={classes.children}>
          {entries.slice(0, shown).map(([child, item]) => (
            <Branch key={child} name={child} value={item} depth={depth + 1} />
          ))}
          {entries.length > shown ? (
            <UnstyledButton className={classes.more} onClick={() => setShown(shown + STEP)}>
              {words.runs.jsonMore(Math.min(STEP, entries.length - shown))}
            </UnstyledButton>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

/** A nested value; two levels are open, long lists come in steps. */
export function JsonTree({ value }: { value: unknown }) {
  return <Branch name={null} value={value} depth={0} />
}
