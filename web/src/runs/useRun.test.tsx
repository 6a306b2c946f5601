import { act } from '@testing-library/react'
import { expect, it } from 'vitest'
import { runEvent } from '~/testing/fakeStream'
import { render } from '~/testing/render'
import { PENDING } from './fold'
import { RunStatusStore } from './state'
import { useProgress } from './useRun'

it('renders the progress of a run only when a node is done, not with every event', () => {
  const store = new RunStatusStore()
  store.show(new Map(['a', 'b'].map((id) => [id, PENDING])))
  let renders = 0
  function Progress() {
    const { done, all } = useProgress(store)
    renders += 1
    return <p>{`${done} of ${all}`}</p>
  }
  const { container } = render(<Progress />)
  act(() => store.apply([runEvent(1, 'node.started', { data: { attempt: 1 } })]))
  for (let seq = 2; seq < 200; seq += 1) {
    act(() => store.apply([runEvent(seq, 'node.progress', { data: { attempt: 1, done: seq } })]))
  }
  expect(renders).toBe(1)
  act(() => store.apply([runEvent(200, 'node.succeeded', { data: { attempt: 1, outputs: {} } })]))
  expect(renders).toBe(2)
  expect(container.textContent).toContain('1 of 2')
})
