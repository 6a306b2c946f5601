import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { triggersQuery } from '~/api/triggers'
import type { Trigger } from '~/api/types'
import { words } from '~/i18n'
import { TriggerDrawer } from '~/triggers/TriggerDrawer'
import { TriggerTable } from '~/triggers/TriggerTable'
import { ErrorNote } from '~/ui/ErrorNote'
import { setPanels } from '../actions/panels'
import { selectItems } from '../actions/select'
import { useDispatch, useEditor } from '../store'
import classes from './Drawer.module.css'

/** The triggers of the published version, as they are at work. */
export function TriggersPanel() {
  const dispatch = useDispatch()
  const workflow = useEditor((state) => state.saved.document.name)
  const query = useInfiniteQuery(triggersQuery(workflow))
  const [open, setOpen] = useState<Trigger | null>(null)
  const triggers = query.data?.pages.flatMap((page) => page.items) ?? []
  if (query.error) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  const openSettings = () => {
    // The settings of the workflow are what the panel shows when nothing is chosen.
    dispatch(selectItems, { nodes: [], edges: [] })
    dispatch(setPanels, { inspector: true })
  }
  if (query.data && triggers.length === 0)
    return (
      <div className={classes.note}>
        <p style={{ margin: '0 0 8px' }}>{words.triggers.emptyHere}</p>
        <Button size="xs" variant="default" onClick={openSettings}>
          {words.triggers.openSettings}
        </Button>
      </div>
    )
  return (
    <>
      {triggers.length > 0 ? <TriggerTable triggers={triggers} ofOne onOpen={setOpen} /> : null}
      {open ? <TriggerDrawer trigger={open} onClose={() => setOpen(null)} /> : null}
    </>
  )
}
