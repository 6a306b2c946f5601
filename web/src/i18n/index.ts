import { access } from './en/access'
import { approvals } from './en/approvals'
import { bodies } from './en/bodies'
import { connections } from './en/connections'
import { drafts } from './en/drafts'
import { editor } from './en/editor'
import { nodes } from './en/nodes'
import { pins } from './en/pins'
import { runs } from './en/runs'
import { shell } from './en/shell'
import { status } from './en/status'
import { triggers } from './en/triggers'
import { versions } from './en/versions'
import { workflows } from './en/workflows'

/** Every visible string, by screen. A sentence with a value in it is a function, so that plurals are words too. */
export const words = {
  access,
  approvals,
  bodies,
  connections,
  drafts,
  editor,
  nodes,
  pins,
  runs,
  shell,
  status,
  triggers,
  versions,
  workflows,
}
