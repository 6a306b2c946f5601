import { Group, Menu, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { carry } from '~/forms/dragging'
import { words } from '~/i18n'
import { edgeIndex } from '~/model/edgeIndex'
import { nodeTitle } from '~/model/workflow'
import { shownStatus } from '~/runs/fold'
import { InputTab } from '~/runs/InputTab'
import { InsertItems } from '~/runs/InsertItems'
import { NamingContext } from '~/runs/naming'
import { OutputTab } from '~/runs/OutputTab'
import { ReusedFrom } from '~/runs/ReusedFrom'
import { type FollowedRun, useNodeRun } from '~/runs/useRun'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration } from '~/ui/Time'
import { useSlow } from '~/ui/useSlow'
import { useEditor } from '../store'
import classes from './Inspector.module.css'
import type { ShownData } from './useShownData'

const t = words.editor.inspector

interface NodeDataTabProps {
  id: string
  run: FollowedRun
  data: ShownData
  /** What there is to show is being looked for. */
  pending: boolean
  side: 'input' | 'output'
  /** Tables that come in, as far as they are known without a run. */
  tables: Readonly<Record<string, readonly string[]>>
}

/** The rows that came in or went out of a node in the shown run. */
export function NodeDataTab({ id, run, data, pending, side, tables }: NodeDataTabProps) {
  const document = useEditor((state) => state.document)
  const inBody = useEditor((state) => state.path.length > 0)
  const { execution, store, idOf } = data
  const view = useNodeRun(store, id)
  const slow = useSlow(pending)
  if (!execution || !store) {
    if (pending) return slow ? <PagePending /> : null
    if (run.error) return <ErrorNote error={run.error} onRetry={run.reload} />
    if (run.execution && inBody) return <EmptyState title={t.noItems} text={t.noRunHelp} />
    return (
      <>
        {side === 'input' ? <KnownColumns id={id} tables={tables} /> : null}
        <EmptyState title={t.noRun} text={t.noRunHelp} />
      </>
    )
  }
  if (side === 'input') {
    return (
      <InputTab
        key={`${execution.id} ${id}`}
        execution={execution.id}
        node={id}
        document={document}
        store={store}
        idOf={idOf}
        inLoop={inBody}
        naming
      />
    )
  }
  return (
    <>
      <div className={classes.facts}>
        <StatusBadge status={view ? shownStatus(view) : 'pending'} variant="pill" />
        {view?.reused ? <ReusedFrom origin={view.reused} /> : null}
        {view?.startedAt ? <Duration start={view.startedAt} end={view.endedAt} /> : null}
      </div>
      {view?.error && view.status !== 'succeeded' ? <ErrorNote error={view.error} /> : null}
      <NamingContext value={{ root: `nodes.${id}`, insert: false }}>
        <OutputTab execution={execution.id} node={idOf(id)} view={view} />
      </NamingContext>
    </>
  )
}

/** What a file that is not read yet tells of the table it will be. */
function KnownColumns({ id, tables }: { id: string; tables: NodeDataTabProps['tables'] }) {
  const document = useEditor((state) => state.document)
  const source = edgeIndex(document.edges).incoming.get(id)?.[0]?.source
  const columns = tables.input ?? []
  if (columns.length === 0 || source === undefined) return null
  return (
    <section aria-label={t.columnsKnown}>
      <p className={classes.quiet}>{t.columnsFrom(nodeTitle(source, document.nodes[source]))}</p>
      <Group gap={6} mt={8}>
        {columns.map((column) => (
          <ColumnPill key={column} name={column} />
        ))}
      </Group>
    </section>
  )
}

function ColumnPill({ name }: { name: string }) {
  const [opened, setOpened] = useState(false)
  const carried = { kind: 'column', name } as const
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-start" width={240}>
      <Menu.Target>
        <UnstyledButton
          draggable
          className={classes.column}
          onDragStart={(event) => carry(event.dataTransfer, carried)}
        >
          {name}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>{opened ? <InsertItems carried={carried} insert /> : null}</Menu.Dropdown>
    </Menu>
  )
}
