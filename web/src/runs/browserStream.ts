import { client, take } from '~/api/client'
import { fetchEvents } from '~/api/executions'
import { loginMissing } from '~/api/session'
import { StreamClient, type StreamEnvironment } from './stream'
import type { EventSourceLike, SocketLike } from './transports'

const STREAM = '/api/v1/stream'
const PAGE = 1000
const EXECUTION = 'execution:'

function socketAddress(): string {
  const { protocol, host } = window.location
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${STREAM}`
}

const environment: StreamEnvironment = {
  openSocket: () => new WebSocket(socketAddress()) as unknown as SocketLike,
  openEventSource: (topic, after) =>
    new EventSource(
      `${STREAM}/sse?${new URLSearchParams({ topic, after: String(after) })}`,
    ) as unknown as EventSourceLike,
  async fetchEvents(topic, after, wait, signal) {
    if (topic.startsWith(EXECUTION)) {
      const id = topic.slice(EXECUTION.length)
      return (await fetchEvents(id, after, { wait, limit: PAGE, signal })).items
    }
    // Other topics have no journal; this only asks whether the server answers.
    await take(client.GET('/api/v1/executions', { params: { query: { limit: 1 } }, signal }))
    return []
  },
  setTimer: (run, ms) => window.setTimeout(run, ms),
  clearTimer: (handle) => window.clearTimeout(handle),
  requestFrame: (run) => window.requestAnimationFrame(run),
  cancelFrame: (handle) => window.cancelAnimationFrame(handle),
  random: Math.random,
  loginMissing,
}

/** The tab's only connection to the feed. */
export const stream = new StreamClient(environment)

window.addEventListener('online', stream.retryNow)
