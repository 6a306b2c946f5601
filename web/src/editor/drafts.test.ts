import { beforeEach, expect, it } from 'vitest'
import type { Workflow } from '~/api/types'
import { sampleDocument, sampleTypes } from '~/model/sample'
import { dropDraft, readDraft, writeDraft } from './drafts'
import { openEditor } from './openEditor'
import { isDirty } from './state'

const workflow = { name: sampleDocument.name, version: 4, published: 4, document: sampleDocument } as Workflow
const draft = { ...sampleDocument, title: 'Unsaved' }
const open = () => openEditor(workflow, sampleTypes, null)

beforeEach(() => localStorage.clear())

it('brings unsaved work back after a reload', () => {
  writeDraft(workflow.name, { version: 4, document: draft })
  const { editor, restored } = open()
  expect(restored).toBe(true)
  expect(editor.store.getState().document.title).toBe('Unsaved')
  expect(isDirty(editor.store.getState())).toBe(true)
})

it('keeps the version an older draft started from, so that saving it tells of the conflict', () => {
  writeDraft(workflow.name, { version: 3, document: draft })
  expect(open().editor.store.getState().saved.version).toBe(3)
})

it('drops a draft that says what is saved, and survives a broken one', () => {
  writeDraft(workflow.name, { version: 4, document: { ...sampleDocument } })
  expect(open().restored).toBe(false)
  expect(readDraft(workflow.name)).toBeNull()
  localStorage.setItem(`concertmaster.draft.${workflow.name}`, '{"version": 4')
  expect(open().restored).toBe(false)
  dropDraft(workflow.name)
  expect(readDraft(workflow.name)).toBeNull()
})
