import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { pathTo } from '~/forms/dragging'
import { words } from '~/i18n'
import classes from './JsonPreview.module.css'
import { finder } from './jsonShape'
import { KeyName } from './KeyName'
import { useNaming } from './naming'

const STEP = 100
const OPEN_DEPTH = 2

function entriesOf(value: object): [string | number, unknown][] {
  return Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value)
}

function Leaf({ value }: { value: unknown }) {
  const kind = value === null ? 'null' : typeof value
  return <span data-kind={kind}>{typeof value === 'string' ? JSON.stringify(value) : String(value)}</span>
}

interface BranchProps {
  name: string | null
  value: unknown
  depth: number
  /** How an expression names it. */
  path: string | null
  fits: ReturnType<typeof finder>
  /** Words are looked for: what holds them is open. */
  searching: boolean
}

function Branch({ name, value, depth, path, fits, searching }: BranchProps) {
  const [asked, setOpen] = useState<boolean | null>(null)
  const [shown, setShown] = useState(STEP)
  const open = asked ?? (depth < OPEN_DEPTH || searching)
  const key = name === null ? null : <KeyName name={name} path={path} />
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={classes.leaf}>
        {key} <Leaf value={value} />
      </div>
    )
  }
  const all = entriesOf(value)
  const entries = all.filter(([child, item]) => fits(typeof child === 'number' ? null : child, item))
  const count = Array.isArray(value) ? words.runs.jsonItems(all.length) : words.runs.jsonKeys(all.length)
  return (
    <div>
      <div className={classes.branch}>
        <UnstyledButton
          className={classes.toggle}
          aria-expanded={open}
          aria-label={name ?? words.runs.jsonTree}
          onClick={() => setOpen(!open)}
        >
          <IconChevronRight size={13} aria-hidden data-open={open || undefined} />
        </UnstyledButton>
        {key}
        <span className={classes.count}>{count}</span>
      </div>
      {open ? (
        <div className={classes.children}>
          {entries.slice(0, shown).map(([child, item]) => (
            <Branch
              key={child}
              name={String(child)}
              value={item}
              depth={depth + 1}
              path={path === null ? null : pathTo(path, child)}
              fits={fits}
              searching={searching}
            />
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

/** A nested value; two levels are open, long lists come in steps. With a query only what holds it is shown. */
export function JsonTree({ value, query = '' }: { value: unknown; query?: string }) {
  const naming = useNaming()
  const fits = useMemo(() => finder(query), [query])
  const searching = query.trim() !== ''
  if (searching && !fits(null, value))
    return <span className={classes.count}>{words.runs.jsonNothing(query)}</span>
  return (
    <Branch
      name={null}
      value={value}
      depth={0}
      path={naming?.root ?? null}
      fits={fits}
      searching={searching}
    />
  )
}
