import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { triggersQuery } from '~/api/triggers'
import type { Trigger } from '~/api/types'
import { words } from '~/i18n'
import { TriggerDrawer } from '~/triggers/TriggerDrawer'
import { TriggerTable } from '~/triggers/TriggerTable'
import { ErrorNote } from '~/ui/ErrorNote'
import { useEditor } from '../store'
import classes from './Drawer.module.css'

/** The triggers of the published version, as they are at work. */
export function TriggersPanel() {
  const workflow = useEditor((state) => state.saved.document.name)
  const query = useInfiniteQuery(triggersQuery(workflow))
  const [open, setOpen] = useState<Trigger | null>(null)
  const triggers = query.data?.pages.flatMap((page) => page.items) ?? []
  if (query.error) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  if (query.data && triggers.length === 0) return <p className={classes.note}>{words.triggers.emptyHere}</p>
  return (
    <>
      {triggers.length > 0 ? <TriggerTable triggers={triggers} ofOne onOpen={setOpen} /> : null}
      {open ? <TriggerDrawer trigger={open} onClose={() => setOpen(null)} /> : null}
    </>
  )
}
