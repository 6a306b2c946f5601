import { UnstyledButton } from '@mantine/core'
import { IconArrowLeft, IconArrowRight, IconCornerDownRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { lineageQuery } from '~/api/executions'
import type { MadeValue } from '~/api/types'
import { words } from '~/i18n'
import { typeId } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatBytes, formatCount, shortId } from '~/ui/format'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import classes from './LineageView.module.css'
import { type Branch, lineageTree } from './lineageTree'

const t = words.runs

interface LineageViewProps {
  execution: string
  titleOf: (node: string) => string
  selected: string | null
  /** Of an item of a loop: its nodes, the part has others too. */
  only?: ReadonlySet<string> | undefined
  onSelect: (node: string) => void
}

const outletOf = (outlet: string): string => (outlet === 'out' ? '' : ` · ${outlet}`)

const sizeOf = ({ kind, rows, bytes }: Pick<MadeValue, 'kind' | 'rows' | 'bytes'>): string =>
  [
    rows === null ? t.valueKinds[kind] : t.rows(formatCount(rows), rows),
    bytes === null ? t.notStored : formatBytes(bytes),
  ].join(', ')

/** A value of a run in the middle, what it was made of at its left, what was made of it at its right. Fills its parent. */
export function LineageView({ execution, titleOf, selected, only, onSelect }: LineageViewProps) {
  const found = useQuery(lineageQuery(execution))
  const slow = useSlow(found.isPending)
  const [outlet, setOutlet] = useState<string | null>(null)
  if (found.error) {
    return <ErrorNote title={t.lineageFailed} error={found.error} onRetry={() => void found.refetch()} />
  }
  if (!found.data) return slow ? <PagePending /> : null
  const items = found.data.items.filter((item) => only === undefined || only.has(item.node))
  const own = items.filter((item) => item.node === selected)
  const value = own.find((item) => item.outlet === outlet) ?? own[0] ?? null
  if (items.length === 0) return <p className={classes.quiet}>{t.lineageRunNone}</p>
  const choose = (node: string, of: string) => {
    setOutlet(of)
    onSelect(node)
  }
  const side = (direction: 'up' | 'down') => (
    <Side
      direction={direction}
      branches={value ? lineageTree(items, value.node, value.outlet, direction) : []}
      items={items}
      titleOf={titleOf}
      onChoose={choose}
    />
  )
  return (
    <section className={classes.frame} aria-label={t.lineageView} data-chosen={value !== null || undefined}>
      {value ? side('up') : null}
      <div className={classes.middle}>
        <h3>{value ? t.lineageValue : t.lineageValues}</h3>
        {value ? (
          <Value made={value} title={titleOf(value.node)} />
        ) : (
          <>
            {selected ? <p className={classes.quiet}>{t.lineageNone}</p> : null}
            <ul className={classes.list}>
              {items.map((item) => (
                <li key={`${item.node} ${item.outlet}`}>
                  <ValueButton item={item} title={titleOf(item.node)} onChoose={choose} />
                </li>
              ))}
            </ul>
          </>
        )}
        {own.length > 1 ? (
          <ul className={classes.list}>
            {own
              .filter((item) => item !== value)
              .map((item) => (
                <li key={item.outlet}>
                  <ValueButton item={item} title={titleOf(item.node)} onChoose={choose} />
                </li>
              ))}
          </ul>
        ) : null}
      </div>
      {value ? side('down') : null}
    </section>
  )
}

interface ValueButtonProps {
  item: Pick<MadeValue, 'node' | 'outlet' | 'kind' | 'rows' | 'bytes'>
  title: string
  onChoose: (node: string, outlet: string) => void
}

function ValueButton({ item, title, onChoose }: ValueButtonProps) {
  return (
    <UnstyledButton className={classes.value} onClick={() => onChoose(item.node, item.outlet)}>
      <strong>
        {title}
        {outletOf(item.outlet)}
      </strong>
      <span>{sizeOf(item)}</span>
    </UnstyledButton>
  )
}

function Value({ made, title }: { made: MadeValue; title: string }) {
  return (
    <div className={classes.chosen}>
      <strong>
        {title}
        {outletOf(made.outlet)}
      </strong>
      <code>{typeId(made.type)}</code>
      <span>{sizeOf(made)}</span>
      {made.reused?.execution ? (
        <span>
          {t.reusedFrom} <RunLink id={made.reused.execution} node={made.reused.node} />
        </span>
      ) : null}
      {made.also.length > 0 ? (
        <>
          <span className={classes.caption}>{t.lineageElsewhere}</span>
          <ul className={classes.also}>
            {made.also.map((use) => (
              <li key={`${use.execution} ${use.node} ${use.outlet}`}>
                {use.workflow} · {use.node} <RunLink id={use.execution} node={use.node} />
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  )
}

const RunLink = ({ id, node }: { id: string; node: string | undefined }) => (
  <Link to="/runs/$id" params={{ id }} search={{ node, view: 'lineage' }}>
    {shortId(id)}
  </Link>
)

interface SideProps {
  direction: 'up' | 'down'
  branches: readonly Branch[]
  items: readonly MadeValue[]
  titleOf: (node: string) => string
  onChoose: (node: string, outlet: string) => void
}

const viaText = ({ via }: Branch): string =>
  via === null ? '' : 'reads' in via ? t.lineageReads : via.port === 'in' ? '' : t.lineagePort(via.port)

function Side({ direction, branches, items, titleOf, onChoose }: SideProps) {
  const Arrow = direction === 'up' ? IconArrowLeft : IconArrowRight
  return (
    <div className={classes.side} data-direction={direction}>
      <h3>
        <Arrow size={14} aria-hidden />
        {direction === 'up' ? t.lineageUp : t.lineageDown}
      </h3>
      {branches.length === 0 ? (
        <p className={classes.quiet}>{direction === 'up' ? t.lineageInputs : t.lineageUnused}</p>
      ) : null}
      <ul className={classes.list}>
        {branches.map((branch, index) => {
          const item = items.find(({ node, outlet }) => node === branch.node && outlet === branch.outlet)
          if (!item) return null
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same value may be there several times, at its place.
            <li key={index} style={{ paddingLeft: branch.depth * 18 }} data-again={branch.again || undefined}>
              {branch.depth > 0 ? (
                <IconCornerDownRight size={13} className={classes.turn} aria-hidden />
              ) : null}
              <ValueButton item={item} title={titleOf(item.node)} onChoose={onChoose} />
              <span className={classes.quiet}>{viaText(branch)}</span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
