import { access } from './en/access'
import { approvals } from './en/approvals'
import { bodies } from './en/bodies'
import { calledRuns } from './en/calledRuns'
import { canvas } from './en/canvas'
import { collapse } from './en/collapse'
import { compare } from './en/compare'
import { connections } from './en/connections'
import { drafts } from './en/drafts'
import { editor } from './en/editor'
import { history } from './en/history'
import { home } from './en/home'
import { nodes } from './en/nodes'
import { pins } from './en/pins'
import { previews } from './en/previews'
import { runEvents } from './en/runEvents'
import { runNodes } from './en/runNodes'
import { runs } from './en/runs'
import { samples } from './en/samples'
import { settings } from './en/settings'
import { shell } from './en/shell'
import { status } from './en/status'
import { templates } from './en/templates'
import { timeline } from './en/timeline'
import { timeTravel } from './en/timeTravel'
import { triggers } from './en/triggers'
import { versions } from './en/versions'
import { why } from './en/why'
import { workflows } from './en/workflows'
import { yaml } from './en/yaml'

/** Every visible string, by screen. A sentence with a value in it is a function, so that plurals are words too. */
export const words = {
  access,
  approvals,
  bodies,
  canvas,
  calledRuns,
  collapse,
  compare,
  connections,
  drafts,
  editor,
  history,
  home,
  nodes,
  previews,
  pins,
  runEvents,
  runNodes,
  runs,
  samples,
  settings,
  shell,
  status,
  templates,
  timeline,
  timeTravel,
  triggers,
  versions,
  why,
  workflows,
  yaml,
}
