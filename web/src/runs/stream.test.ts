import { beforeEach, describe, expect, it } from 'vitest'
import type { RunEvent } from '~/api/types'
import { FakeEnvironment, runEvent, settle } from '~/testing/fakeStream'
import { BUFFER_CAP } from './frames'
import { StreamClient, type Subscription } from './stream'
import { HEARTBEAT_LIMIT } from './transports'

const TOPIC = 'execution:e1'

let env: FakeEnvironment
let client: StreamClient
let seen: number[]
let batches: number[]
let resyncs: number

beforeEach(() => {
  env = new FakeEnvironment()
  client = new StreamClient(env)
  seen = []
  batches = []
  resyncs = 0
})

const sink = {
  events(events: RunEvent[]) {
    batches.push(events.length)
    for (const event of events) seen.push(event.seq)
  },
  resync() {
    resyncs += 1
  },
}

function follow(after = 0, topic = TOPIC): Subscription {
  return client.subscribe(topic, after, sink)
}

function say(...seqs: number[]) {
  env.socket.say({ topic: TOPIC, events: seqs.map((seq) => runEvent(seq)) })
}

it('says nothing to a socket that closes, and begins the next one with every topic', () => {
  follow(4)
  env.socket.open()
  env.socket.closing()
  follow(2, 'execution:e2')
  env.socket.drop()
  env.advance(1_000)
  env.socket.open()
  expect(env.socket.sent).toEqual([{ subscribe: { [TOPIC]: 4, 'execution:e2': 2 } }])
})

describe('order', () => {
  it('subscribes with the last seq and delivers events in order, once', () => {
    follow(4)
    env.socket.open()
    expect(env.socket.sent).toEqual([{ subscribe: { [TOPIC]: 4 } }])
    say(5, 6)
    say(6, 5, 7)
    env.frame()
    expect(seen).toEqual([5, 6, 7])
  })

  it('puts swapped events back in order without asking the journal', async () => {
    follow()
    env.socket.open()
    say(2, 1, 3)
    env.frame()
    expect(seen).toEqual([1, 2, 3])
    expect(env.fetches).toHaveLength(0)
  })

  it('subscribes a second topic over the open socket and lets go of it when closed', () => {
    follow()
    env.socket.open()
    const second = client.subscribe('execution:e2', 9, sink)
    second.close()
    expect(env.socket.sent.slice(1)).toEqual([
      { subscribe: { 'execution:e2': 9 } },
      { unsubscribe: ['execution:e2'] },
    ])
    expect(env.sockets).toHaveLength(1)
  })

  it('delivers nothing after a subscription was closed', () => {
    const subscription = follow()
    env.socket.open()
    say(1)
    subscription.close()
    env.frame()
    say(2)
    env.frame()
    expect(seen).toEqual([])
  })
})

describe('gaps', () => {
  it('fetches what is missing and then goes on with what came early', async () => {
    follow()
    env.socket.open()
    say(1, 4)
    expect(env.fetches).toMatchObject([{ topic: TOPIC, after: 1 }])
    say(5)
    env.fetches[0]?.answer([runEvent(2), runEvent(3), runEvent(4)])
    await settle()
    env.frame()
    expect(seen).toEqual([1, 2, 3, 4, 5])
    expect(env.fetches).toHaveLength(1)
  })

  it('asks again, later, when the journal cannot be read', async () => {
    follow()
    env.socket.open()
    say(3)
    env.fetches[0]?.fail(new Error('502'))
    await settle()
    expect(env.fetches).toHaveLength(1)
    env.advance(500)
    expect(env.fetches).toHaveLength(2)
    env.fetches[1]?.answer([runEvent(1), runEvent(2), runEvent(3)])
    await settle()
    env.frame()
    expect(seen).toEqual([1, 2, 3])
  })

  it('catches up page by page after a resync', async () => {
    follow()
    env.socket.open()
    env.socket.say({ topic: TOPIC, resync: 4 })
    env.fetches[0]?.answer([runEvent(1), runEvent(2)])
    await settle()
    expect(env.fetches[1]).toMatchObject({ after: 2 })
    env.fetches[1]?.answer([runEvent(3), runEvent(4)])
    await settle()
    say(5)
    env.frame()
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })
})

describe('resume', () => {
  it('reconnects with the last seq it has, after a back-off', () => {
    follow()
    env.socket.open()
    say(1, 2)
    env.socket.drop()
    expect(client.connection().state).toBe('offline')
    expect(client.connection().reason).toContain('1006')
    env.advance(499)
    expect(env.sockets).toHaveLength(1)
    env.advance(1)
    env.socket.open()
    expect(env.socket.sent).toEqual([{ subscribe: { [TOPIC]: 2 } }])
    expect(client.connection()).toEqual({ state: 'live', reason: null })
    say(1, 2, 3)
    env.frame()
    expect(seen).toEqual([1, 2, 3])
  })

  it('doubles the wait and starts over once a connection opened', () => {
    follow()
    env.socket.drop()
    env.advance(1000)
    expect(env.sockets).toHaveLength(2)
    env.socket.drop()
    env.advance(1999)
    expect(env.sockets).toHaveLength(2)
    env.advance(1)
    expect(env.sockets).toHaveLength(3)
    env.socket.open()
    env.socket.drop()
    env.advance(500)
    expect(env.sockets).toHaveLength(4)
  })

  it('takes silence beyond two heartbeats for a dead line', () => {
    follow()
    env.socket.open()
    env.advance(HEARTBEAT_LIMIT - 1)
    env.socket.say({ heartbeat: '2026-01-01T00:00:00Z' })
    env.advance(HEARTBEAT_LIMIT - 1)
    expect(client.connection().state).toBe('live')
    env.advance(1)
    expect(client.connection()).toEqual({ state: 'offline', reason: 'the server went silent' })
    expect(env.sockets[0]?.closed).toBe(true)
  })

  it('tries at once when told to', () => {
    follow()
    env.socket.open()
    env.socket.drop()
    client.retryNow()
    expect(env.sockets).toHaveLength(2)
    client.retryNow()
    expect(env.sockets).toHaveLength(2)
  })

  it('reloads lists after a reconnect, because their events are not in a journal', () => {
    follow(0, 'executions')
    env.socket.open()
    expect(resyncs).toBe(0)
    env.socket.drop()
    env.advance(500)
    env.socket.open()
    expect(resyncs).toBe(1)
  })
})

describe('batches', () => {
  it('delivers a burst once a frame', () => {
    follow()
    env.socket.open()
    for (let seq = 1; seq <= 100; seq += 1) say(seq)
    expect(batches).toEqual([])
    env.frame()
    expect(batches).toEqual([100])
  })

  it('uses a timer while the tab is hidden', () => {
    env.hidden = true
    follow()
    env.socket.open()
    say(1)
    say(2)
    env.frame()
    expect(seen).toEqual([])
    env.advance(250)
    expect(batches).toEqual([2])
  })

  it('turns too large a buffer into a resync and goes on from the snapshot', () => {
    const subscription = follow()
    env.socket.open()
    const many = Array.from({ length: BUFFER_CAP + 1 }, (_, index) => runEvent(index + 1))
    env.socket.say({ topic: TOPIC, events: many })
    env.frame()
    expect(seen).toEqual([])
    expect(resyncs).toBe(1)
    say(BUFFER_CAP + 2)
    subscription.restart(BUFFER_CAP + 2)
    say(BUFFER_CAP + 2, BUFFER_CAP + 3)
    env.frame()
    expect(seen).toEqual([BUFFER_CAP + 3])
  })
})
