import { Modal, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { OUTPUT_PAGE, type OutputRequest, outputPageQuery } from '~/api/outputs'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { formatCount } from '~/ui/format'
import { cellText } from '../cellText'
import { JsonPreview } from '../JsonPreview'
import classes from './CellDetail.module.css'
import type { Spot } from './selection'

const t = words.previews

interface CellDetailProps {
  source: OutputRequest
  columns: readonly Column[]
  /** The cell that is open. */
  spot: Spot | null
  onClose: () => void
}

/** One cell with all that is in it: a long text with its lines, a nested value as a tree. */
export function CellDetail({ source, columns, spot, onClose }: CellDetailProps) {
  const row = spot?.row ?? 0
  const page = useQuery({
    ...outputPageQuery(source, Math.floor(row / OUTPUT_PAGE)),
    enabled: spot !== null,
  })
  const column = columns[spot?.column ?? 0]
  const items = page.data?.kind === 'table' ? page.data.items : []
  const value = column ? items[row % OUTPUT_PAGE]?.[column.name] : undefined
  return (
    <Modal
      opened={spot !== null && column !== undefined}
      onClose={onClose}
      // Who opened it gets the focus back from `onClose`: the dialog itself may look for it when it has it already.
      returnFocus={false}
      size="xl"
      title={column ? t.cellTitle(column.name, formatCount(row + 1)) : undefined}
    >
      {column ? <CellValue value={value} type={column.type} /> : null}
    </Modal>
  )
}

function CellValue({ value, type }: { value: unknown; type: string }) {
  const nested = typeof value === 'object' && value !== null
  const parsed = nested ? undefined : parsedJson(value)
  const [view, setView] = useState<'json' | 'text'>('json')
  if (nested) return <Framed value={value} />
  const text = cellText(value, type)
  return (
    <div className={classes.value}>
      <div className={classes.bar}>
        {parsed === undefined ? (
          <span className={classes.size}>{t.cellSize(formatCount(text.length), text.length)}</span>
        ) : (
          <SegmentedControl
            size="xs"
            aria-label={words.runs.jsonView}
            value={view}
            onChange={(next) => setView(next === 'text' ? 'text' : 'json')}
            data={[
              { value: 'json', label: t.cellAsJson },
              { value: 'text', label: t.cellAsText },
            ]}
          />
        )}
        <CopyButton text={text} />
      </div>
      {parsed !== undefined && view === 'json' ? (
        <Framed value={parsed} />
      ) : (
        <pre className={classes.text} tabIndex={0}>
          {text}
        </pre>
      )}
    </div>
  )
}

const Framed = ({ value }: { value: unknown }) => (
  <div className={classes.json}>
    <JsonPreview value={value} />
  </div>
)

/** What a text has in it when it is a JSON object or list; undefined else. */
function parsedJson(value: unknown): object | undefined {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined
  try {
    const found: unknown = JSON.parse(value)
    return typeof found === 'object' && found !== null ? found : undefined
  } catch {
    return undefined
  }
}
