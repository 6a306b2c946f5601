import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { words } from '~/i18n'
import { editDocument } from '../actions/editDocument'
import { stored } from '../actions/save'
import { CollisionsDialog } from '../later'
import { useEditorHandle } from '../store'
import { useFacts, useLiveDraft, useSession } from './context'
import { mergeNewest } from './merge'
import classes from './sync.module.css'

const t = words.drafts

/** Above the canvas: what needs a decision before the draft can go on as one. */
export function DraftNotices() {
  const [choosing, setChoosing] = useState(false)
  const collisions = useSession((session) => session.collisions.length)
  return (
    <>
      {collisions > 0 ? (
        <div className={classes.notice} role="alert">
          {t.collisions(collisions)}
          <Button size="compact-sm" onClick={() => setChoosing(true)}>
            {t.review}
          </Button>
        </div>
      ) : (
        <Behind />
      )}
      {choosing ? <CollisionsDialog onClose={() => setChoosing(false)} /> : null}
    </>
  )
}

function Behind() {
  const live = useLiveDraft()
  const { store, dispatch } = useEditorHandle()
  const [merging, setMerging] = useState(false)
  const { base, newest } = useFacts()
  if (base === newest) return null
  const merge = async () => {
    setMerging(true)
    try {
      const { document, saved, kept } = await mergeNewest(live, store.getState().root)
      dispatch(editDocument, { document, label: t.merge(newest) })
      await live.rebase(saved.version)
      dispatch(stored, saved)
      if (kept > 0) notifications.show({ message: t.mergedKept(kept) })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      notifications.show({ color: 'red', message, autoClose: false })
    } finally {
      setMerging(false)
    }
  }
  return (
    <div className={classes.notice} role="status">
      {t.behind(newest, base)}
      <Button size="compact-sm" variant="default" loading={merging} onClick={() => void merge()}>
        {t.merge(newest)}
      </Button>
    </div>
  )
}
