import { ActionIcon, SegmentedControl, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconDownload, IconSearch } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { saveText } from '~/api/download'
import type { OutputRequest } from '~/api/outputs'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { formatCount } from '~/ui/format'
import classes from './JsonPreview.module.css'
import { JsonTree } from './JsonTree'
import { MOST_MATCHES, searchJson } from './jsonSearch'
import { shapeOf } from './jsonShape'
import { KeyName } from './KeyName'
import { useNaming } from './naming'
import { useDownload } from './table/useDownload'

const t = words.runs
const VIEWS = ['tree', 'text', 'schema'] as const
type View = (typeof VIEWS)[number]
const LABELS: Record<View, string> = { tree: t.jsonTree, text: t.jsonText, schema: t.jsonSchema }

interface JsonPreviewProps {
  value: unknown
  /** The output that it is: the server has it as it was made, large numbers too. */
  source?: OutputRequest
}

/** A JSON value as a tree that folds and can be searched, as text, or as what it is made of; to be copied and saved. */
export function JsonPreview({ value, source }: JsonPreviewProps) {
  const nested = typeof value === 'object' && value !== null
  const naming = useNaming()
  const [view, setView] = useState<View>('tree')
  const [written, setWritten] = useState('')
  const [wanted] = useDebouncedValue(written, 150)
  const matches = useMemo(() => (nested ? searchJson(value, wanted) : null), [nested, value, wanted])
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? 'null', [value])
  const tree = nested && view === 'tree'
  return (
    <div className={classes.frame}>
      <div className={classes.bar}>
        {nested ? (
          <SegmentedControl
            size="xs"
            aria-label={t.jsonView}
            value={view}
            onChange={(next) => setView(VIEWS.find((one) => one === next) ?? 'tree')}
            data={VIEWS.map((one) => ({ value: one, label: LABELS[one] }))}
          />
        ) : naming ? (
          <KeyName name={naming.root} path={naming.root} />
        ) : null}
        {tree ? (
          <TextInput
            className={classes.search}
            aria-label={words.previews.jsonSearch}
            placeholder={words.previews.jsonSearch}
            leftSection={<IconSearch size={13} aria-hidden />}
            value={written}
            onChange={(event) => setWritten(event.currentTarget.value)}
          />
        ) : null}
        <span className={classes.found} role="status">
          {tree && matches
            ? matches.count === 0
              ? words.previews.jsonNone
              : matches.more
                ? words.previews.jsonFoundMany(formatCount(MOST_MATCHES))
                : words.previews.jsonFound(formatCount(matches.count), matches.count)
            : null}
        </span>
        <CopyButton text={text} />
        {source ? <SaveOutput source={source} /> : <Save onSave={() => saveText(text, NAME, JSON_TYPE)} />}
      </div>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.jsonView}>
        {nested && view === 'schema' ? (
          <Shape value={value} />
        ) : !tree ? (
          <pre className={classes.text}>{text}</pre>
        ) : matches?.count === 0 ? null : (
          <JsonTree value={value} search={matches ? { text: wanted.trim(), matches } : null} />
        )}
      </div>
    </div>
  )
}

const NAME = 'value.json'
const JSON_TYPE = 'application/json'

function SaveOutput({ source }: { source: OutputRequest }) {
  const { start, busy } = useDownload(source)
  return <Save busy={busy} onSave={() => void start('raw')} />
}

function Save({ onSave, busy = false }: { onSave: () => void; busy?: boolean }) {
  const label = words.previews.downloadJson
  return (
    <Tooltip label={label}>
      <ActionIcon size={22} aria-label={label} loading={busy} onClick={onSave}>
        <IconDownload size={14} />
      </ActionIcon>
    </Tooltip>
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
