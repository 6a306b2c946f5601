import { Button, MultiSelect, Switch, TextInput } from '@mantine/core'
import { IconHistory, IconSearch } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import type { RunEvent } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatAbsolute, formatDuration } from '~/ui/format'
import { listKeys } from '~/ui/listKeys'
import classes from './EventList.module.css'
import { EVENT_GROUPS, type EventGroup, eventText, groupOf } from './eventText'
import { JsonPreview } from './JsonPreview'
import { timeOf } from './moments'

const t = words.runEvents
const ROW_HEIGHT = 26

const since = (ms: number): string => (ms <= 0 ? '0' : `+${formatDuration(ms)}`)

interface EventListProps {
  events: readonly RunEvent[]
  complete: boolean
  error: Error | null
  onRetry: () => void
  titleOf: (node: string) => string
  selected: string | null
  onSelect: (node: string) => void
  /** Look at the moment of an event; not within loops. */
  onTravel?: ((seq: number) => void) | undefined
}

/** The journal event by event, with the JSON of the chosen one beside it. Fills its parent. */
export function EventList(props: EventListProps) {
  const { events, complete, error, onRetry, titleOf, selected, onSelect, onTravel } = props
  const [groups, setGroups] = useState<EventGroup[]>([])
  const [text, setText] = useState('')
  const [onlyNode, setOnlyNode] = useState(false)
  const [seq, setSeq] = useState<number | null>(null)
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase()
    return events.filter(
      (event) =>
        (groups.length === 0 || groups.includes(groupOf(event.kind))) &&
        (!onlyNode || selected === null || event.node === selected) &&
        (wanted === '' ||
          `${event.kind} ${event.node ?? ''} ${eventText(event)}`.toLowerCase().includes(wanted)),
    )
  }, [events, groups, text, onlyNode, selected])
  const origin = events[0] ? timeOf(events[0].at) : 0
  const scroll = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
  })
  const active = shown.findIndex((event) => event.seq === seq)
  const chosen = shown[active]
  const choose = (index: number) => {
    const event = shown[index]
    if (!event) return
    setSeq(event.seq)
    rows.scrollToIndex(index)
    if (event.node) onSelect(event.node)
  }
  return (
    <div className={classes.frame}>
      <div className={classes.bar}>
        <TextInput
          className={classes.search}
          aria-label={t.search}
          placeholder={t.search}
          leftSection={<IconSearch size={13} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <MultiSelect
          className={classes.kinds}
          aria-label={t.kinds}
          placeholder={groups.length === 0 ? t.allKinds : undefined}
          data={EVENT_GROUPS.map((value) => ({ value, label: t.groups[value] }))}
          value={groups}
          onChange={(next) => setGroups(EVENT_GROUPS.filter((group) => next.includes(group)))}
          clearable
        />
        {selected ? (
          <Switch
            label={t.onlyNode(titleOf(selected))}
            checked={onlyNode}
            onChange={(event) => setOnlyNode(event.currentTarget.checked)}
          />
        ) : null}
        <span className={classes.count}>{complete ? t.count(shown.length, events.length) : t.reading}</span>
      </div>
      {error ? <ErrorNote title={t.failed} error={error} onRetry={onRetry} /> : null}
      <div className={classes.split}>
        <div
          ref={scroll}
          className={classes.scroll}
          role="listbox"
          aria-label={t.label}
          aria-activedescendant={chosen ? `event-${chosen.seq}` : undefined}
          tabIndex={0}
          onKeyDown={listKeys({ at: active, count: shown.length, onMove: choose })}
        >
          <div className={classes.body} style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map(({ index, start }) => {
              const event = shown[index]
              return event ? (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus and its keys.
                <div
                  key={event.seq}
                  id={`event-${event.seq}`}
                  data-testid={`event-${event.seq}`}
                  role="option"
                  aria-selected={event.seq === seq}
                  className={classes.row}
                  style={{ transform: `translateY(${start}px)` }}
                  onClick={() => choose(index)}
                >
                  <span className={classes.number}>{event.seq}</span>
                  <time dateTime={event.at} title={formatAbsolute(event.at)}>
                    {since(timeOf(event.at) - origin)}
                  </time>
                  <code>{event.kind}</code>
                  <span className={classes.node}>{event.node ? titleOf(event.node) : ''}</span>
                  <span className={classes.text}>{eventText(event)}</span>
                </div>
              ) : null
            })}
          </div>
          {shown.length === 0 && complete ? <p className={classes.none}>{t.none}</p> : null}
        </div>
        <section className={classes.detail} aria-label={t.json}>
          {chosen ? (
            <>
              {onTravel ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={<IconHistory size={14} aria-hidden />}
                  onClick={() => onTravel(chosen.seq)}
                >
                  {t.travel}
                </Button>
              ) : null}
              <JsonPreview value={chosen} />
            </>
          ) : (
            <p className={classes.none}>{t.noJson}</p>
          )}
        </section>
      </div>
    </div>
  )
}
