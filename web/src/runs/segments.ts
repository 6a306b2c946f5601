import type { RunEvent } from '~/api/types'
import { isObject } from '~/model/json'
import { retriedNodes } from './fold'
import { timeOf } from './moments'

/**
 * What a node did in a stretch of time: queued for a place, ran, was busy inside (a loop or called run), waited for a
 * point in time or for people and events, or waited for its next attempt.
 */
export type SegmentKind = 'queued' | 'running' | 'inside' | 'time' | 'people' | 'retrying'

export interface Segment {
  kind: SegmentKind
  attempt: number
  /** Moments in ms; `to` null while it goes on. */
  from: number
  to: number | null
  /** What it queues or waits for: `connection:warehouse`, `approval`. */
  about: string | null
}

export type TrackEnd = 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'interrupted'

/** All that one node did in a run, in order. */
export interface Track {
  segments: readonly Segment[]
  /** Index of the first segment since the last retry of the run. */
  since: number
  end: { status: TrackEnd; at: number; reused: boolean } | null
  /** Why attempts failed, by their number; of the last retry of the run. */
  failures: ReadonlyMap<number, string>
}

export type Tracks = ReadonlyMap<string, Track>

const NOTHING: Track = { segments: [], since: 0, end: null, failures: new Map() }

const KINDS: Readonly<Record<string, SegmentKind>> = {
  slot: 'queued',
  rate: 'queued',
  children: 'inside',
  timer: 'time',
}
const ENDS: Readonly<Record<string, TrackEnd>> = {
  'node.succeeded': 'succeeded',
  'node.failed': 'failed',
  'node.skipped': 'skipped',
  'node.cancelled': 'cancelled',
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const messageOf = (error: unknown): string => (isObject(error) ? (text(error.message) ?? '') : '')

function closed(segments: readonly Segment[], at: number): Segment[] {
  const last = segments.at(-1)
  if (!last || last.to !== null) return [...segments]
  return [...segments.slice(0, -1), { ...last, to: Math.max(last.from, at) }]
}

function opened(track: Track, segment: Omit<Segment, 'to'>): Track {
  return {
    ...track,
    end: null,
    segments: [...closed(track.segments, segment.from), { ...segment, to: null }],
  }
}

/** Whether the open segment is an attempt at work: what ends now ran in it. */
const isOpen = (track: Track): boolean => track.segments.at(-1)?.to === null

function ended(track: Track, event: RunEvent, at: number, attempt: number): Track {
  const { data } = event
  const segments = closed(track.segments, at)
  const startedAt = text(data.started_at)
  // Quick attempts have no start of their own in the journal: their end tells it.
  const ran = startedAt !== null && segments.length === track.since
  if (ran) {
    segments.push({ kind: 'running', attempt, from: Math.min(at, timeOf(startedAt)), to: at, about: null })
  }
  const status = ENDS[event.kind] ?? 'succeeded'
  const failures =
    status === 'failed' ? new Map(track.failures).set(attempt, messageOf(data.error)) : track.failures
  return {
    ...track,
    segments,
    failures,
    end: { status, at, reused: data.reused !== undefined && data.reused !== null },
  }
}

function failedOnce(track: Track, event: RunEvent, at: number, attempt: number): Track {
  const failures = new Map(track.failures).set(attempt, messageOf(event.data.error))
  const before = closed(track.segments, at)
  const ran = isOpen(track) ? track.segments.at(-1)?.kind === 'running' : false
  const segments = ran
    ? before
    : [...before, { kind: 'running' as const, attempt, from: at, to: at, about: null }]
  return opened({ ...track, segments, failures }, { kind: 'retrying', attempt, from: at, about: null })
}

/** One node's track after an event about it. */
export function foldTrack(track: Track, event: RunEvent): Track {
  const at = timeOf(event.at)
  const last = track.segments.at(-1)
  const attempt = typeof event.data.attempt === 'number' ? event.data.attempt : (last?.attempt ?? 1)
  switch (event.kind) {
    case 'node.started':
      if (last?.to === null && last.kind === 'running' && last.attempt === attempt) return track
      return opened(track, { kind: 'running', attempt, from: at, about: null })
    case 'node.waiting': {
      const rule = text(event.data.rule) ?? ''
      const about = text(event.data.resource) ?? rule
      return opened(track, { kind: KINDS[rule] ?? 'people', attempt, from: at, about })
    }
    case 'node.retrying':
      return failedOnce(track, event, at, attempt)
    case 'timer.fired': {
      if (last?.to !== null) return track
      const next = last.kind === 'retrying' ? last.attempt + 1 : last.attempt
      return opened(track, { kind: 'running', attempt: next, from: at, about: null })
    }
    case 'node.succeeded':
    case 'node.failed':
    case 'node.skipped':
    case 'node.cancelled':
      return ended(track, event, at, attempt)
    default:
      return track
  }
}

function interrupted(track: Track, at: number): Track {
  if (track.segments.at(-1)?.to !== null) return track
  return {
    ...track,
    segments: closed(track.segments, at),
    end: { status: 'interrupted', at, reused: false },
  }
}

function retried(track: Track, at: number): Track {
  const segments = closed(track.segments, at)
  return { segments, since: segments.length, end: null, failures: new Map() }
}

function foldInto(tracks: Map<string, Track>, event: RunEvent): void {
  const at = timeOf(event.at)
  for (const id of retriedNodes(event)) tracks.set(id, retried(tracks.get(id) ?? NOTHING, at))
  if (event.kind === 'execution.interrupted') {
    for (const [id, track] of tracks) tracks.set(id, interrupted(track, at))
  }
  if (event.node) tracks.set(event.node, foldTrack(tracks.get(event.node) ?? NOTHING, event))
}

/** The tracks of all nodes that an event tells of. */
export function tracksOf(events: readonly RunEvent[]): Map<string, Track> {
  const tracks = new Map<string, Track>()
  for (const event of events) foldInto(tracks, event)
  return tracks
}

/** The same for a journal that grows: what was folded already is not folded again. */
export class GrowingTracks {
  private last: { count: number; tracks: Tracks } = { count: 0, tracks: new Map() }

  /** @param events the journal; those that were given before are its beginning. */
  at(events: readonly RunEvent[], count: number): Tracks {
    const end = Math.min(count, events.length)
    if (end === this.last.count) return this.last.tracks
    const from = end > this.last.count ? this.last : { count: 0, tracks: new Map<string, Track>() }
    const tracks = new Map(from.tracks)
    for (const event of events.slice(from.count, end)) foldInto(tracks, event)
    this.last = { count: end, tracks }
    return tracks
  }
}

/** Milliseconds of a node's time by what it did, since the last retry of the run. */
export function sharesOf(track: Track, now: number): Record<SegmentKind, number> {
  const shares = { queued: 0, running: 0, inside: 0, time: 0, people: 0, retrying: 0 }
  for (const { kind, from, to } of track.segments.slice(track.since)) {
    shares[kind] += Math.max(0, (to ?? now) - from)
  }
  return shares
}

/** When a node began and ended, since the last retry of the run; null before it has begun. */
export function spanOf(track: Track): { from: number; to: number | null } | null {
  const first = track.segments[track.since]
  if (!first) return null
  return { from: first.from, to: track.segments.at(-1)?.to ?? null }
}
