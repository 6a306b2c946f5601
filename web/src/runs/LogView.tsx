import { Select, Switch, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { isEnded } from './fold'
import classes from './LogView.module.css'
import { useLogs } from './useLogs'

const t = words.runs
const LEVELS = ['debug', 'info', 'warning', 'error']

interface LogViewProps {
  execution: Execution
  /** Only this node's lines. */
  node?: string
}

const clock = (iso: string): string => {
  const at = new Date(iso)
  return `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

/** Log lines of a run or a node, following the end while it runs. Fills its parent. */
export function LogView({ execution, node }: LogViewProps) {
  const [level, setLevel] = useState<string | null>(null)
  const [text, setText] = useState('')
  const live = !isEnded(execution.status)
  const [follow, setFollow] = useState(true)
  const scroll = useRef<HTMLDivElement>(null)
  const { lines, loading, error } = useLogs(execution.id, { node }, live)
  const shown = useMemo(() => {
    const lowest = level ? LEVELS.indexOf(level) : 0
    const wanted = text.toLowerCase()
    return lines.filter(
      (line) =>
        LEVELS.indexOf(line.level.toLowerCase()) >= lowest &&
        (wanted === '' || line.text.toLowerCase().includes(wanted)),
    )
  }, [lines, level, text])
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 22,
    overscan: 20,
  })
  useEffect(() => {
    if (live && follow && shown.length > 0) rows.scrollToIndex(shown.length - 1, { align: 'end' })
  }, [live, follow, shown.length, rows])

  return (
    <div className={classes.frame}>
      <div className={classes.bar}>
        <TextInput
          className={classes.search}
          aria-label={t.logsSearch}
          placeholder={t.logsSearch}
          leftSection={<IconSearch size={13} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          w={110}
          aria-label={t.logsLevel}
          placeholder={t.logsLevel}
          data={LEVELS}
          value={level}
          onChange={setLevel}
          clearable
        />
        {live ? (
          <Switch
            label={t.logsFollow}
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
          />
        ) : null}
        <span className={classes.count}>{t.logLines(shown.length)}</span>
      </div>
      {error ? <ErrorNote title={t.logsFailed} error={error} /> : null}
      <div ref={scroll} className={classes.scroll} tabIndex={0} role="log" aria-label={t.logs}>
        {!loading && !error && shown.length === 0 ? <p className={classes.empty}>{t.logsEmpty}</p> : null}
        <div className={classes.body} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const line = shown[index]
            if (!line) return null
            return (
              <div
                key={line.n}
                ref={rows.measureElement}
                data-index={index}
                className={classes.line}
                data-level={line.level.toLowerCase()}
                style={{ transform: `translateY(${start}px)` }}
              >
                <time dateTime={line.at}>{clock(line.at)}</time>
                <span className={classes.level}>{line.level.toLowerCase()}</span>
                {node ? null : <span className={classes.node}>{line.node}</span>}
                <span className={classes.text}>{line.text}</span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}
