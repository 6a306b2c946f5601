import { Button, SegmentedControl, Switch } from '@mantine/core'
import { IconArrowsExchange, IconList } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { comparisonQuery } from '~/api/compare'
import { executionQuery } from '~/api/executions'
import type { Comparison } from '~/api/types'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { ChooseRunDialog } from './compare/ChooseRunDialog'
import classes from './compare/Compare.module.css'
import { CompareGraphs } from './compare/CompareGraphs'
import { CompareHead } from './compare/CompareHead'
import { CompareInputs } from './compare/CompareInputs'
import { CompareNode } from './compare/CompareNode'
import { CompareTable } from './compare/CompareTable'
import { isChanged } from './compare/nodeChanges'

const route = getRouteApi('/runs/$id/compare')
const t = words.compare

/** Two runs side by side: where they part, and what differs of inputs, nodes and outputs. */
export function ComparePage() {
  const { id } = route.useParams()
  const { with: other } = route.useSearch()
  const navigate = route.useNavigate()
  const [choosing, setChoosing] = useState(false)
  const own = useQuery(executionQuery(id))
  const choose = (next: string) => {
    setChoosing(false)
    void navigate({ search: (old) => ({ ...old, with: next }), replace: true })
  }
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <h1>{t.title}</h1>
        <div className={classes.buttons}>
          {other ? (
            <Button
              variant="default"
              leftSection={<IconArrowsExchange size={15} aria-hidden />}
              onClick={() =>
                void navigate({
                  to: '/runs/$id/compare',
                  params: { id: other },
                  search: (old) => ({ ...old, with: id }),
                })
              }
            >
              {t.swap}
            </Button>
          ) : null}
          <Button
            variant="default"
            leftSection={<IconList size={15} aria-hidden />}
            disabled={!own.data}
            onClick={() => setChoosing(true)}
          >
            {t.change}
          </Button>
        </div>
      </header>
      {own.error ? <ErrorNote title={t.failed} error={own.error} onRetry={() => void own.refetch()} /> : null}
      {other ? (
        <Compared key={`${id} ${other}`} id={id} other={other} />
      ) : (
        <EmptyState title={t.missing}>
          <Button disabled={!own.data} onClick={() => setChoosing(true)}>
            {t.choose}
          </Button>
        </EmptyState>
      )}
      {choosing && own.data ? (
        <ChooseRunDialog execution={own.data} onChoose={choose} onClose={() => setChoosing(false)} />
      ) : null}
    </div>
  )
}

function Compared({ id, other }: { id: string; other: string }) {
  const found = useQuery(comparisonQuery(id, other))
  const slow = useSlow(found.isPending)
  if (found.error) {
    return <ErrorNote title={t.failed} error={found.error} onRetry={() => void found.refetch()} />
  }
  if (!found.data) return slow ? <PagePending /> : null
  return <Both comparison={found.data} />
}

function Both({ comparison }: { comparison: Comparison }) {
  const { node, view } = route.useSearch()
  const navigate = route.useNavigate()
  const [onlyChanged, setOnlyChanged] = useState(true)
  const { first_divergence: divergence, nodes } = comparison
  const changed = nodes.filter(isChanged)
  const lines = onlyChanged ? changed : nodes
  const selected = node ?? divergence?.node ?? null
  const select = (next: string | null) =>
    void navigate({ search: (old) => ({ ...old, node: next ?? undefined }), replace: true })
  const chosen = nodes.find((line) => line.node === selected)
  return (
    <>
      <CompareHead comparison={comparison} onSelect={select} />
      <CompareInputs inputs={comparison.inputs} />
      <div className={classes.tools}>
        <SegmentedControl
          aria-label={t.views}
          value={view === 'graphs' ? 'graphs' : 'table'}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, view: next }), replace: true })}
          data={[
            { value: 'table', label: t.table },
            { value: 'graphs', label: t.graphs },
          ]}
        />
        {view === 'graphs' ? null : (
          <Switch
            label={t.onlyChanged}
            checked={onlyChanged}
            onChange={(event) => setOnlyChanged(event.currentTarget.checked)}
          />
        )}
      </div>
      <div className={classes.body}>
        {view === 'graphs' ? (
          <CompareGraphs comparison={comparison} selected={selected} onSelect={select} />
        ) : (
          <CompareTable
            lines={lines}
            divergence={divergence?.node ?? null}
            selected={selected}
            onSelect={select}
          />
        )}
        <aside className={classes.detail} aria-label={t.detail}>
          {chosen ? (
            <CompareNode key={chosen.node} comparison={comparison} line={chosen} />
          ) : (
            <p className={classes.quiet}>{t.detailHint}</p>
          )}
        </aside>
      </div>
    </>
  )
}
