import { beforeEach, describe, expect, it } from 'vitest'
import type { RunEvent } from '~/api/types'
import { FakeEnvironment, runEvent, settle } from '~/testing/fakeStream'
import { CLIMB_INTERVAL, FIRST_CLIMB, StreamClient, type Subscription } from './stream'
import { CLOSE_LOGIN, LIST_POLL } from './transports'

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

describe('fall-back', () => {
  function refuseSockets() {
    env.socket.drop('blocked by the proxy')
    env.advance(1000)
    env.socket.drop('blocked by the proxy')
    env.advance(2000)
    env.socket.drop('blocked by the proxy')
  }

  it('goes to server-sent events after three refused opens, with the same cursor', () => {
    follow(7)
    refuseSockets()
    expect(env.sockets).toHaveLength(3)
    expect(env.sources).toMatchObject([{ topic: TOPIC, after: 7 }])
    env.sources[0]?.onopen?.()
    expect(client.connection()).toEqual({ state: 'sse', reason: 'blocked by the proxy' })
    env.sources[0]?.onmessage?.({ data: JSON.stringify(runEvent(8)) })
    env.frame()
    expect(seen).toEqual([8])
  })

  it('goes to long poll after three more, and follows the journal', async () => {
    follow(7)
    refuseSockets()
    for (const wait of [1000, 2000, 0]) {
      env.sources.at(-1)?.onerror?.()
      env.advance(wait)
    }
    expect(env.fetches.at(-1)).toMatchObject({ topic: TOPIC, after: 7, wait: 20 })
    env.fetches.at(-1)?.answer([runEvent(8), runEvent(9)])
    await settle()
    expect(client.connection().state).toBe('polling')
    expect(env.fetches.at(-1)).toMatchObject({ after: 9 })
    env.frame()
    expect(seen).toEqual([8, 9])
  })

  it('polls lists by asking for a reload', async () => {
    follow(0, 'executions')
    refuseSockets()
    for (const wait of [1000, 2000, 0]) {
      env.sources.at(-1)?.onerror?.()
      env.advance(wait)
    }
    env.fetches.at(-1)?.answer([])
    await settle()
    expect(client.connection().state).toBe('polling')
    expect(resyncs).toBe(1)
    env.advance(LIST_POLL)
    env.fetches.at(-1)?.answer([])
    await settle()
    expect(resyncs).toBe(2)
    env.advance(LIST_POLL)
    env.fetches.at(-1)?.fail(new Error('the server is down'))
    await settle()
    expect(client.connection()).toEqual({ state: 'offline', reason: 'the server is down' })
  })

  it('climbs back to WebSocket without losing or repeating an event', () => {
    follow()
    refuseSockets()
    env.sources[0]?.onopen?.()
    env.sources[0]?.onmessage?.({ data: JSON.stringify(runEvent(1)) })
    env.advance(FIRST_CLIMB)
    expect(env.sockets).toHaveLength(4)
    env.socket.drop()
    expect(client.connection().state).toBe('sse')
    env.advance(CLIMB_INTERVAL - 1)
    expect(env.sockets).toHaveLength(4)
    env.advance(1)
    env.socket.open()
    expect(env.sources[0]?.closed).toBe(true)
    expect(env.socket.sent).toEqual([{ subscribe: { [TOPIC]: 1 } }])
    expect(client.connection()).toEqual({ state: 'live', reason: null })
    say(1, 2)
    env.frame()
    expect(seen).toEqual([1, 2])
  })
})

describe('a missing login', () => {
  it('is told once, and no socket is opened until somebody has logged in', () => {
    follow(3)
    env.socket.open()
    env.socket.drop('access.login', CLOSE_LOGIN)
    env.advance(10 * CLIMB_INTERVAL)
    expect(env.logins).toBe(1)
    expect(env.sockets).toHaveLength(1)
    expect(client.connection()).toEqual({ state: 'offline', reason: 'access.login' })
    client.retryNow()
    expect(env.sockets).toHaveLength(2)
    env.socket.open()
    expect(env.socket.sent).toEqual([{ subscribe: { [TOPIC]: 3 } }])
  })
})
