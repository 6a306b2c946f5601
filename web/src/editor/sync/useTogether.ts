import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { leavePresence, tellPresence } from '~/api/drafts'
import type { Person } from '~/api/types'
import { workflowKeys } from '~/api/workflows'
import { stored } from '../actions/save'
import { soleNode } from '../state'
import { useEditor, useEditorHandle } from '../store'
import { useLiveDraft } from './context'
import { savedOf } from './openDraft'

/** The server forgets after 30 s who says nothing. */
const EVERY_MS = 10_000

/** Follows what others do while the editor is open: their edits, their versions, and where they are. */
export function useTogether(): readonly Person[] {
  const live = useLiveDraft()
  const client = useQueryClient()
  const { dispatch } = useEditorHandle()
  const node = useEditor(soleNode)
  const path = useEditor((state) => state.path)
  const [people, setPeople] = useState<readonly Person[]>([])
  /** How often the stream has told who is there. */
  const told = useRef(0)
  const telling = useRef<Promise<void>>(Promise.resolve())

  useEffect(() => {
    const stopFacts = live.watchFacts(() => {
      void savedOf(live).then(
        (saved) => dispatch(stored, saved),
        () => undefined,
      )
    })
    const stopNotices = live.follow((notice) => {
      if (notice.kind === 'presence') {
        told.current += 1
        setPeople(notice.people)
      } else void client.invalidateQueries({ queryKey: workflowKeys.versions(live.workflow) })
    })
    return () => {
      stopFacts()
      stopNotices()
    }
  }, [live, client, dispatch])

  useEffect(() => {
    let left = false
    const tell = () => {
      // One after the other, or an earlier place could arrive after a later one.
      telling.current = telling.current.then(async () => {
        if (left) return
        const before = told.current
        const there = await tellPresence(live.workflow, { client: live.session.client, node, path })
        // What the stream has told meanwhile is newer than this answer.
        if (told.current === before) setPeople(there)
      })
      telling.current = telling.current.catch(() => undefined)
    }
    tell()
    const timer = setInterval(tell, EVERY_MS)
    return () => {
      left = true
      clearInterval(timer)
    }
  }, [live, node, path])

  useEffect(() => {
    const leave = () => leavePresence(live.workflow, live.session.client)
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      leave()
    }
  }, [live])
  return people.filter((one) => one.client !== live.session.client)
}
