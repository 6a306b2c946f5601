import { access } from './en/access'
import { approvals } from './en/approvals'
import { bodies } from './en/bodies'
import { calledRuns } from './en/calledRuns'
import { canvas } from './en/canvas'
import { compare } from './en/compare'
import { connections } from './en/connections'
import { drafts } from './en/drafts'
import { editor } from './en/editor'
import { nodes } from './en/nodes'
import { pins } from './en/pins'
import { runEvents } from './en/runEvents'
import { runNodes } from './en/runNodes'
import { runs } from './en/runs'
import { shell } from './en/shell'
import { status } from './en/status'
import { timeline } from './en/timeline'
import { timeTravel } from './en/timeTravel'
import { triggers } from './en/triggers'
import { versions } from './en/versions'
import { why } from './en/why'
import { workflows } from './en/workflows'

/** Every visible string, by screen. A sentence with a value in it is a function, so that plurals are words too. */
export const words = {
  access,
  approvals,
  bodies,
  canvas,
  calledRuns,
  compare,
  connections,
  drafts,
  editor,
  nodes,
  pins,
  runEvents,
  runNodes,
  runs,
  shell,
  status,
  timeline,
  timeTravel,
  triggers,
  versions,
  why,
  workflows,
}
