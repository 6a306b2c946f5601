import { SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import classes from './JsonPreview.module.css'
import { JsonTree } from './JsonTree'
import { shapeOf } from './jsonShape'
import { KeyName } from './KeyName'
import { useNaming } from './naming'

const t = words.runs
const VIEWS = ['tree', 'text', 'schema'] as const
type View = (typeof VIEWS)[number]
const LABELS: Record<View, string> = { tree: t.jsonTree, text: t.jsonText, schema: t.jsonSchema }

/** A JSON value as a tree that folds and can be searched, as text, or as what it is made of. */
export function JsonPreview({ value }: { value: unknown }) {
  const nested = typeof value === 'object' && value !== null
  const naming = useNaming()
  const [view, setView] = useState<View>('tree')
  const [query, setQuery] = useState('')
  const [settled] = useDebouncedValue(query, 150)
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? 'null', [value])
  return (
    <div className={classes.frame}>
      <div className={classes.bar}>
        {nested ? (
          <>
            <SegmentedControl
              size="xs"
              aria-label={t.jsonView}
              value={view}
              onChange={(next) => setView(VIEWS.find((one) => one === next) ?? 'tree')}
              data={VIEWS.map((one) => ({ value: one, label: LABELS[one] }))}
            />
            {view === 'tree' ? (
              <TextInput
                className={classes.search}
                size="xs"
                aria-label={t.jsonSearch}
                placeholder={t.jsonSearch}
                leftSection={<IconSearch size={13} aria-hidden />}
                value={query}
                onChange={(event) => setQuery(event.currentTarget.value)}
              />
            ) : null}
          </>
        ) : naming ? (
          <KeyName name={naming.root} path={naming.root} />
        ) : null}
        <CopyButton text={text} />
      </div>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.jsonView}>
        {nested && view === 'tree' ? (
          <JsonTree value={value} query={settled} />
        ) : nested && view === 'schema' ? (
          <Shape value={value} />
        ) : (
          <pre className={classes.text}>{text}</pre>
        )}
      </div>
    </div>
  )
}

function Shape({ value }: { value: unknown }) {
  const lines = useMemo(() => shapeOf(value), [value])
  if (lines.length === 0) return <span className={classes.count}>{t.jsonNoKeys}</span>
  return (
    <ul className={classes.shape}>
      {lines.map(({ name, type, depth, optional }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one value do not move.
        <li key={index} style={{ paddingLeft: depth * 16 }}>
          <span className={classes.key}>{name}</span> <span>{type}</span>
          {optional ? <span className={classes.count}> {t.jsonOptional}</span> : null}
        </li>
      ))}
    </ul>
  )
}
