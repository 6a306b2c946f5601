import {
  type Icon,
  IconArrowBackUp,
  IconArrowsSplit2,
  IconBolt,
  IconBrandPython,
  IconCheck,
  IconCircleDashed,
  IconClock,
  IconCloud,
  IconDatabase,
  IconFile,
  IconHourglassEmpty,
  IconMessage,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipForward,
  IconPuzzle,
  IconRecycle,
  IconRefresh,
  IconSlash,
  IconTable,
  IconWorld,
  IconX,
} from '@tabler/icons-react'

/** Every state a run or a node of a run can show. */
export type Status =
  | 'pending'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'retrying'
  | 'succeeded'
  | 'failed'
  | 'skipped'
  | 'cancelled'
  | 'paused'
  | 'interrupted'
  | 'reused'

export interface Tone {
  /** Text and icons: AA on the surface and on its own tint. */
  readonly light: string
  readonly dark: string
}

export interface StatusToken extends Tone {
  readonly icon: Icon
  /** How the outline is drawn, so that colour is never the only sign. */
  readonly line: 'solid' | 'dashed'
}

export const STATUS: Readonly<Record<Status, StatusToken>> = {
  pending: { light: '#5b6575', dark: '#98a2b0', icon: IconCircleDashed, line: 'solid' },
  queued: { light: '#46566c', dark: '#a6b4c8', icon: IconHourglassEmpty, line: 'solid' },
  running: { light: '#1b5ccc', dark: '#6ea8ff', icon: IconPlayerPlayFilled, line: 'solid' },
  waiting: { light: '#6a3cc7', dark: '#b79bff', icon: IconClock, line: 'solid' },
  retrying: { light: '#8a5600', dark: '#f0b849', icon: IconRefresh, line: 'solid' },
  succeeded: { light: '#11703a', dark: '#56c584', icon: IconCheck, line: 'solid' },
  failed: { light: '#bd2424', dark: '#ff8585', icon: IconX, line: 'solid' },
  skipped: { light: '#5b6575', dark: '#98a2b0', icon: IconPlayerSkipForward, line: 'dashed' },
  cancelled: { light: '#5b6575', dark: '#98a2b0', icon: IconSlash, line: 'dashed' },
  paused: { light: '#8a5600', dark: '#f0b849', icon: IconPlayerPauseFilled, line: 'solid' },
  interrupted: { light: '#a8440a', dark: '#ffa262', icon: IconBolt, line: 'solid' },
  reused: { light: '#0a6b65', dark: '#4fc9bd', icon: IconRecycle, line: 'solid' },
}

export const STATUSES = Object.keys(STATUS) as Status[]

export interface CategoryToken extends Tone {
  readonly icon: Icon
}

/** Node categories as the server names them; an unknown one gets the neutral puzzle piece. */
export const CATEGORY: Readonly<Record<string, CategoryToken>> = {
  trigger: { light: '#8a5600', dark: '#f0b849', icon: IconBolt },
  files: { light: '#0a6b65', dark: '#4fc9bd', icon: IconFile },
  tables: { light: '#4352c9', dark: '#9aa6ff', icon: IconTable },
  database: { light: '#1b5ccc', dark: '#6ea8ff', icon: IconDatabase },
  storage: { light: '#1b5ccc', dark: '#6ea8ff', icon: IconCloud },
  http: { light: '#0b6a80', dark: '#51c4dd', icon: IconWorld },
  logic: { light: '#6a3cc7', dark: '#b79bff', icon: IconArrowsSplit2 },
  flow: { light: '#a92568', dark: '#f58fbf', icon: IconArrowBackUp },
  data: { light: '#46566c', dark: '#a6b4c8', icon: IconPuzzle },
  code: { light: '#46566c', dark: '#a6b4c8', icon: IconBrandPython },
  messages: { light: '#11703a', dark: '#56c584', icon: IconMessage },
}

const OTHER: CategoryToken = { light: '#46566c', dark: '#a6b4c8', icon: IconPuzzle }

/** The token of a category; packages may bring their own, which get the neutral one. */
export const categoryToken = (category: string): CategoryToken => CATEGORY[category] ?? OTHER

export const statusVar = (status: Status): string => `var(--cm-status-${status})`
export const statusTintVar = (status: Status): string => `var(--cm-status-${status}-tint)`
