import type { Diagnostic } from '@codemirror/lint'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { words } from '~/i18n'
import { bodyOf, bodyPointer, openBody } from '~/model/bodies'
import { pointerOf } from '~/model/json'
import { noteId } from '~/model/notes'
import type { Problem, WorkflowDocument } from '~/model/workflow'
import { editDocument } from '../actions/editDocument'
import { goToNode } from '../actions/find'
import { problemsOf } from '../problems'
import { useEditor, useEditorHandle } from '../store'
import { openEngine, type TextEngine } from './engine'
import { keepText, keptText } from './keptTexts'
import { TextSync } from './textSync'
import type { YamlHandle } from './YamlEditor'

interface Opened {
  engine: TextEngine
  sync: TextSync
}

/** Text and draft in step for as long as the text is open; what is not applied then is kept. */
export function useTextSync(): Opened | null {
  const { store, dispatch } = useEditorHandle()
  const [opened, setOpened] = useState<Opened | null>(null)
  useEffect(() => {
    const engine = openEngine()
    const { name } = store.getState().root
    const side = {
      get: () => store.getState().root,
      set: (document: WorkflowDocument) =>
        dispatch(editDocument, { document, label: words.editor.actions.editYaml }),
    }
    const sync = new TextSync(engine, side, { kept: keptText(name) })
    setOpened({ engine, sync })
    const stop = store.subscribe((state, before) => {
      if (state.root !== before.root) sync.documentChanged()
    })
    const keep = () => keepText(name, sync.unapplied())
    const stopKeeping = sync.store.subscribe(keep)
    return () => {
      keep()
      stop()
      stopKeeping()
      sync.close()
      engine.close()
    }
  }, [store, dispatch])
  return opened
}

/** Of an edge, which the document counts and the text may order otherwise, by what it says. */
function pointerInText(root: WorkflowDocument, problem: Problem): string {
  const { path, pointer } = bodyOf(problem)
  const index = /^\/edges\/(\d+)/.exec(pointer)?.[1]
  const edge = index === undefined ? undefined : openBody(root, path).edges[Number(index)]
  return edge === undefined ? problem.pointer : bodyPointer(path) + pointerOf('edges', edge)
}

const NONE: readonly Diagnostic[] = []

/** Problems at their lines, and why the text is not applied. */
export function useDiagnostics({ engine, sync }: Opened): readonly Diagnostic[] {
  const { store } = useEditorHandle()
  const problems = useEditor(problemsOf)
  const text = useStore(sync.store, (state) => state.text)
  const pending = useStore(sync.store, (state) => state.pending)
  const refused = useStore(sync.store, (state) => state.refused)
  const [found, setFound] = useState<readonly Diagnostic[]>(NONE)
  useEffect(() => {
    if (text === null) return
    if (refused) {
      const lines = text.split('\n')
      const from = lines.slice(0, refused.line - 1).join('\n').length + (refused.line > 1 ? 1 : 0)
      const to = from + (lines[refused.line - 1]?.length ?? 0)
      setFound([{ from, to, severity: 'error', message: refused.message }])
      return
    }
    if (pending) return
    let gone = false
    const { root } = store.getState()
    const pointers = problems.map((problem) => pointerInText(root, problem))
    engine
      .locate(text, pointers)
      .then((places) => {
        if (gone) return
        setFound(
          problems.flatMap(({ message, fix, severity }, index): Diagnostic[] => {
            const place = places[index] ?? { from: 0, to: 0 }
            return [{ ...place, severity, message: fix ? `${message}. ${fix}` : message }]
          }),
        )
      })
      .catch(() => undefined)
    return () => {
      gone = true
    }
  }, [engine, store, problems, text, pending, refused])
  return found
}

/** The chosen node's place is in sight, and the cursor chooses the node it stands in. */
export function useTogetherWithCanvas({ engine, sync }: Opened, editor: RefObject<YamlHandle | null>) {
  const { store, dispatch } = useEditorHandle()
  const asked = useRef(0)
  const pointer = useEditor((state) => {
    const [id] = state.selection.nodes
    if (state.focus !== null) return bodyPointer(state.path) + state.focus
    if (id === undefined) return null
    const note = noteId(id)
    if (note !== null) return pointerOf('notes', [...state.path, note].join('/'))
    return bodyPointer(state.path) + pointerOf('nodes', id)
  })
  const ready = useStore(sync.store, (state) => state.text !== null)
  useEffect(() => {
    const { text } = sync.store.getState()
    if (pointer === null || !ready || text === null || editor.current?.hasFocus()) return
    engine
      .locate(text, [pointer])
      .then(([place]) => {
        if (place && !editor.current?.hasFocus()) editor.current?.show(place)
      })
      .catch(() => undefined)
  }, [engine, sync, editor, pointer, ready])

  return (offset: number) => {
    const { text, pending } = sync.store.getState()
    if (text === null || pending) return
    asked.current += 1
    const question = asked.current
    engine
      .pathAt(text, offset)
      .then((keys) => {
        if (question !== asked.current) return
        const path: string[] = []
        let rest = keys
        while (rest[0] === 'nodes' && rest[2] === 'body') {
          path.push(rest[1] ?? '')
          rest = rest.slice(3)
        }
        const [kind, id] = rest
        const { root, selection } = store.getState()
        if (kind !== 'nodes' || id === undefined || !(id in openBody(root, path).nodes)) return
        if (selection.nodes.length === 1 && selection.nodes[0] === id) return
        dispatch(goToNode, { path, id })
      })
      .catch(() => undefined)
  }
}
