import { Highlight, UnstyledButton } from '@mantine/core'
import { IconChevronRight, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { pathTo } from '~/forms/dragging'
import { words } from '~/i18n'
import { copyText } from './copyText'
import classes from './JsonPreview.module.css'
import { type JsonPath, type Matches, pathKey, pathText } from './jsonSearch'
import { KeyName } from './KeyName'
import { useNaming } from './naming'

const STEP = 100
const OPEN_DEPTH = 2

/** What is searched for, and where it is. */
export interface JsonSearch {
  text: string
  matches: Matches
}

type Entry = [name: string | number, value: unknown]

const entriesOf = (value: object): Entry[] =>
  Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value)

/** While something is searched for only what leads there, but all of what is called so. */
function shownEntries(value: object, path: JsonPath, search: JsonSearch | null): Entry[] {
  const entries = entriesOf(value)
  if (!search?.matches.trail.has(pathKey(path))) return entries
  const { hits, trail } = search.matches
  return entries.filter(([name]) => {
    const key = pathKey([...path, name])
    return hits.has(key) || trail.has(key)
  })
}

function Leaf({ value, mark }: { value: unknown; mark: string }) {
  const kind = value === null ? 'null' : typeof value
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return (
    <span data-kind={kind}>
      <Marked text={text} mark={mark} />
    </span>
  )
}

function Marked({ text, mark }: { text: string; mark: string }) {
  if (mark === '') return text
  return (
    <Highlight component="span" inherit highlight={mark}>
      {text}
    </Highlight>
  )
}

/** One for each line, so it is a plain button: hundreds of tooltips take long to make. */
function CopyPath({ path }: { path: JsonPath }) {
  const text = pathText(path)
  const label = words.previews.jsonCopyPath(text)
  return (
    <UnstyledButton
      className={classes.path}
      aria-label={label}
      title={label}
      onClick={() => void copyText(text, words.previews.jsonCopiedPath(text))}
    >
      <IconCopy size={13} aria-hidden />
    </UnstyledButton>
  )
}

interface BranchProps {
  value: unknown
  path: JsonPath
  search: JsonSearch | null
}

function Branch({ value, path, search }: BranchProps) {
  const onTrail = search?.matches.trail.has(pathKey(path)) ?? false
  const [open, setOpen] = useState(onTrail || path.length < OPEN_DEPTH)
  const [shown, setShown] = useState(STEP)
  const mark = search?.text ?? ''
  const naming = useNaming()
  const name = path.at(-1)
  const key =
    name === undefined ? null : naming ? (
      <KeyName name={String(name)} path={path.reduce<string>(pathTo, naming.root)} />
    ) : (
      <span className={classes.key}>
        <Marked text={String(name)} mark={typeof name === 'string' ? mark : ''} />
      </span>
    )
  const copy = name === undefined ? null : <CopyPath path={path} />
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={classes.leaf}>
        {key} <Leaf value={value} mark={mark} />
        {copy}
      </div>
    )
  }
  const entries = shownEntries(value, path, search)
  const all = Array.isArray(value) ? value.length : Object.keys(value).length
  const count = (
    <span className={classes.count}>
      {Array.isArray(value) ? words.runs.jsonItems(all) : words.runs.jsonKeys(all)}
    </span>
  )
  return (
    <div>
      <div className={classes.line}>
        <UnstyledButton
          className={classes.toggle}
          aria-expanded={open}
          aria-label={naming ? String(name ?? words.runs.jsonTree) : undefined}
          onClick={() => setOpen(!open)}
        >
          <IconChevronRight size={13} aria-hidden data-open={open || undefined} />
          {naming ? null : key}
          {naming ? null : count}
        </UnstyledButton>
        {naming ? key : null}
        {naming ? count : null}
        {copy}
      </div>
      {open ? (
        <div className={classes.children}>
          {entries.slice(0, shown).map(([child, item]) => (
            <Branch key={child} value={item} path={[...path, child]} search={search} />
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

interface JsonTreeProps {
  value: unknown
  search?: JsonSearch | null
}

/** A nested value; two levels are open, long lists come in steps, and of a search what leads to its matches. */
export function JsonTree({ value, search = null }: JsonTreeProps) {
  // Other matches open other branches.
  return <Branch key={search?.text ?? ''} value={value} path={[]} search={search} />
}
