import { describe, expect, it } from 'vitest'
import type { RunEvent } from '~/api/types'
import { parseEdges } from '~/model/edges'
import { runEvent } from '~/testing/fakeStream'
import { criticalPath } from './criticalPath'
import { GrowingTracks, sharesOf, spanOf, type Track, tracksOf } from './segments'

const START = Date.parse('2026-01-01T00:00:00Z')
const at = (ms: number) => new Date(START + ms).toISOString()
let seq = 0
const event = (kind: string, ms: number, data: RunEvent['data'] = {}, node: string | null = 'a') =>
  runEvent(++seq, kind, { at: at(ms), node, data })
/** Segments as `kind attempt from-to`, times in ms since the start. */
const told = (track: Track | undefined) =>
  track?.segments.map(
    ({ kind, attempt, from, to }) => `${kind} ${attempt} ${from - START}-${to === null ? '' : to - START}`,
  )
const error = { code: 'x', message: 'down' }

describe('the track of a node', () => {
  it('has a stretch for each attempt and the waits between them', () => {
    const tracks = tracksOf([
      event('node.started', 0, { attempt: 1 }),
      event('node.retrying', 10, { attempt: 1, error, due_at: at(40) }),
      event('timer.fired', 40, { attempt: 1 }),
      event('node.started', 41, { attempt: 2 }),
      event('node.succeeded', 60, { attempt: 2, started_at: at(41), outputs: {} }),
    ])
    expect(told(tracks.get('a'))).toEqual(['running 1 0-10', 'retrying 1 10-40', 'running 2 40-60'])
    expect(tracks.get('a')?.failures.get(1)).toBe('down')
    expect(tracks.get('a')?.end).toMatchObject({ status: 'succeeded', reused: false })
  })

  it('knows what a quick attempt without a start of its own took', () => {
    const quick = tracksOf([event('node.succeeded', 25, { attempt: 1, started_at: at(5), outputs: {} })])
    expect(told(quick.get('a'))).toEqual(['running 1 5-25'])
    const failing = tracksOf([event('node.retrying', 30, { attempt: 1, error, due_at: at(50) })])
    expect(told(failing.get('a'))).toEqual(['running 1 30-30', 'retrying 1 30-'])
  })

  it('tells queues, times, answers and what is inside apart', () => {
    const rules = ['slot', 'timer', 'approval', 'children']
    const tracks = tracksOf(
      rules.map((rule, index) =>
        event('node.waiting', index * 10, { attempt: 1, rule, resource: null }, rule),
      ),
    )
    expect(rules.map((rule) => tracks.get(rule)?.segments[0]?.kind)).toEqual([
      'queued',
      'time',
      'people',
      'inside',
    ])
  })

  it('goes from the queue to work', () => {
    const tracks = tracksOf([
      event('node.waiting', 0, { attempt: 1, rule: 'slot', resource: 'threads' }),
      event('node.started', 30, { attempt: 1 }),
      event('node.failed', 50, { attempt: 1, started_at: at(30), error }),
    ])
    expect(told(tracks.get('a'))).toEqual(['queued 1 0-30', 'running 1 30-50'])
    expect(tracks.get('a')?.segments[0]?.about).toBe('threads')
    expect(sharesOf(tracks.get('a') as Track, 0)).toMatchObject({ queued: 30, running: 20 })
  })

  it('keeps what was before a retry of the run, and begins anew', () => {
    const tracks = tracksOf([
      event('node.started', 0, { attempt: 1 }),
      event('node.failed', 10, { attempt: 1, started_at: at(0), error }),
      event('execution.retried', 100, { generation: 2, nodes: { a: 1 } }, null),
      event('node.started', 110, { attempt: 2 }),
    ])
    const track = tracks.get('a') as Track
    expect(told(track)).toEqual(['running 1 0-10', 'running 2 110-'])
    expect(spanOf(track)).toEqual({ from: START + 110, to: null })
    expect(track.failures.size).toBe(0)
  })

  it('ends with a run that was cut off, and with a cancel', () => {
    const tracks = tracksOf([
      event('node.started', 0, { attempt: 1 }),
      event('node.waiting', 0, { attempt: 1, rule: 'approval' }, 'b'),
      event('node.cancelled', 5, { attempt: 1, reason: 'asked' }, 'b'),
      event('execution.interrupted', 20, { error }, null),
    ])
    expect(told(tracks.get('a'))).toEqual(['running 1 0-20'])
    expect(tracks.get('a')?.end?.status).toBe('interrupted')
    expect(told(tracks.get('b'))).toEqual(['people 1 0-5'])
  })

  it('has only what had happened after so many events', () => {
    const events = [event('node.started', 0, { attempt: 1 }), event('node.succeeded', 9, { attempt: 1 })]
    expect(told(new GrowingTracks().at(events, 1).get('a'))).toEqual(['running 1 0-'])
  })

  it('is the same however the journal came', () => {
    const kinds = [
      'node.started',
      'node.waiting',
      'node.retrying',
      'timer.fired',
      'node.succeeded',
      'node.failed',
    ]
    const journal = Array.from({ length: 300 }, (_, index) => {
      const random = (index * 2_654_435_761) % 4_294_967_296
      const node = `n${Math.floor(random / 7) % 5}`
      return event(
        kinds[random % kinds.length] ?? '',
        index,
        { attempt: 1 + (random % 3), rule: 'slot', error },
        node,
      )
    })
    const growing = new GrowingTracks()
    for (const count of [3, 40, 40, 300, 12, 250]) {
      expect([...growing.at(journal, count)]).toEqual([...tracksOf(journal.slice(0, count))])
    }
  })
})

describe('the critical path', () => {
  const ran = (node: string, from: number, to: number) => [
    event('node.started', from, { attempt: 1 }, node),
    event('node.succeeded', to, { attempt: 1, started_at: at(from), outputs: {} }, node),
  ]
  const edges = parseEdges(['a -> b', 'a -> c', 'b -> d', 'c -> d', 'x -> y'])

  it('goes back from what ended last along what was waited for longest', () => {
    const tracks = tracksOf([
      ...ran('a', 0, 10),
      ...ran('b', 10, 80),
      ...ran('c', 10, 20),
      ...ran('d', 80, 90),
      ...ran('x', 0, 5),
      ...ran('y', 5, 30),
    ])
    expect(criticalPath(edges, tracks)).toEqual(['a', 'b', 'd'])
  })

  it('begins with what still runs, and is empty before anything has', () => {
    const tracks = tracksOf([...ran('a', 0, 10), event('node.started', 10, { attempt: 1 }, 'c')])
    expect(criticalPath(edges, tracks)).toEqual(['a', 'c'])
    expect(criticalPath(edges, new Map())).toEqual([])
  })
})
