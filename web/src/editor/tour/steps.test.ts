import { describe, expect, it } from 'vitest'
import { sampleDocument, sampleTypes } from '~/model/sample'
import { emptyDocument, type WorkflowDocument } from '~/model/workflow'
import type { EditorState } from '../state'
import { createEditor } from '../store'
import { currentStep, STEPS } from './steps'

const state = (document: WorkflowDocument, more: Partial<EditorState> = {}): EditorState => ({
  ...createEditor({ saved: { document, version: 1, published: null }, types: sampleTypes }).store.getState(),
  ...more,
})
const none = new Set<never>()

describe('the first steps', () => {
  it('go on as they are done', () => {
    const empty = emptyDocument('x')
    expect(currentStep(state(empty), none)).toBe('add')
    const added = { ...empty, nodes: { read: { type: 'file.read@1' } } }
    expect(currentStep(state(added), none)).toBe('set')
    const set = { ...empty, nodes: { read: { type: 'file.read@1', config: { path: 'a.csv' } } } }
    expect(currentStep(state(set), none)).toBe('wire')
    expect(currentStep(state(sampleDocument), none)).toBe('run')
    expect(currentStep(state(sampleDocument, { execution: 'e' }), none)).toBe('publish')
    const saved = { document: sampleDocument, version: 1, published: 1 }
    expect(currentStep(state(sampleDocument, { execution: 'e', saved }), none)).toBeNull()
  })

  it('can be passed over', () => {
    expect(currentStep(state(emptyDocument('x')), new Set(['add', 'set'] as const))).toBe('wire')
    expect(currentStep(state(emptyDocument('x')), new Set(STEPS))).toBeNull()
  })
})
