import { describe, expect, it } from 'vitest'
import { commit, HISTORY_LIMIT, redo, startHistory, undo } from './history'

describe('history', () => {
  it('goes back and forth over references', () => {
    const [first, second] = [{ n: 1 }, { n: 2 }]
    const changed = commit(startHistory(first), second, 'Add', 0)
    expect(undo(changed).present).toBe(first)
    expect(redo(undo(changed)).present).toBe(second)
    expect(redo(undo(changed)).past.at(-1)?.label).toBe('Add')
    expect(commit(changed, second, 'Add', 1)).toBe(changed)
  })

  it('joins steps of one label within half a second', () => {
    let history = startHistory('')
    history = commit(history, 'a', 'Type', 0)
    history = commit(history, 'ab', 'Type', 400)
    history = commit(history, 'abc', 'Type', 800)
    expect(undo(history).present).toBe('')
    history = commit(history, 'abcd', 'Type', 1400)
    history = commit(history, 'x', 'Other', 1401)
    expect(undo(history).present).toBe('abcd')
    expect(undo(undo(history)).present).toBe('abc')
  })

  it('does not join across an undo, and forgets the future on a change', () => {
    let history = commit(startHistory(0), 1, 'Move', 0)
    history = commit(undo(history), 2, 'Move', 1)
    expect(history.future).toEqual([])
    expect(undo(history).present).toBe(0)
  })

  it('keeps a hundred entries', () => {
    let history = startHistory(0)
    for (let step = 1; step <= 150; step += 1) history = commit(history, step, `Step ${step}`, step)
    expect(history.past).toHaveLength(HISTORY_LIMIT)
    expect(history.past[0]?.state).toBe(50)
  })
})
