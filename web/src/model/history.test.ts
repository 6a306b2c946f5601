import { describe, expect, it } from 'vitest'
import { commit, HISTORY_LIMIT, NO_HISTORY, redo, undo } from './history'
import { apply, diff } from './ops'
import { randomDocument, randomEdit, seeded } from './ops.random'
import { emptyDocument, type WorkflowDocument } from './workflow'

const titled = (title: string, description?: string): WorkflowDocument => ({
  ...emptyDocument('flow'),
  title,
  ...(description === undefined ? {} : { description }),
})

describe('history', () => {
  it('goes back and forth', () => {
    const [first, second] = [titled('a'), titled('b')]
    const changed = commit(NO_HISTORY, first, second, 'Add', 0)
    const back = undo(changed, second)
    expect(back.document).toEqual(first)
    const again = redo(back.history, back.document)
    expect(again.document).toEqual(second)
    expect(again.history.past.at(-1)?.label).toBe('Add')
    expect(commit(changed, second, second, 'Add', 1)).toBe(changed)
  })

  it('joins steps of one label within half a second', () => {
    let history = commit(NO_HISTORY, titled(''), titled('a'), 'Type', 0)
    history = commit(history, titled('a'), titled('ab'), 'Type', 400)
    history = commit(history, titled('ab'), titled('abc'), 'Type', 800)
    expect(undo(history, titled('abc')).document).toEqual(titled(''))
    history = commit(history, titled('abc'), titled('abcd'), 'Type', 1400)
    expect(undo(history, titled('abcd')).document).toEqual(titled('abc'))
    expect(history.past).toHaveLength(2)
  })

  it('does not join across an undo, and forgets the future on a change', () => {
    const history = undo(commit(NO_HISTORY, titled('a'), titled('b'), 'Move', 0), titled('b')).history
    const other = commit(history, titled('a'), titled('c'), 'Move', 1)
    expect(other.future).toEqual([])
    expect(undo(other, titled('c')).document).toEqual(titled('a'))
  })

  it('keeps a hundred steps', () => {
    let history = NO_HISTORY
    for (let step = 1; step <= 150; step += 1) {
      history = commit(history, titled(`${step - 1}`), titled(`${step}`), `Step ${step}`, step)
    }
    expect(history.past).toHaveLength(HISTORY_LIMIT)
    expect(history.past[0]?.label).toBe('Step 51')
  })

  it('leaves what somebody else did', () => {
    const history = commit(NO_HISTORY, titled('a'), titled('b'), 'Title', 0)
    expect(undo(history, titled('b', 'theirs')).document).toEqual(titled('a', 'theirs'))
    expect(undo(history, titled('theirs')).document).toEqual(titled('theirs'))
  })

  it('takes back any sequence of steps, one by one', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const random = seeded(seed)
      const start = randomDocument(random)
      let [history, document] = [NO_HISTORY, start]
      for (let step = 0; step < 15; step += 1) {
        const next = randomEdit(document, random)
        history = commit(history, document, next, `Step ${random(3)}`, step * 200)
        document = next
      }
      const end = document
      while (history.past.length > 0) ({ history, document } = undo(history, document))
      expect(diff(document, start)).toEqual([])
      while (history.future.length > 0) ({ history, document } = redo(history, document))
      expect(diff(document, end)).toEqual([])
      expect(apply(start, diff(start, end)).collisions).toEqual([])
    }
  })
})
