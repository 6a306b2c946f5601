import { access } from './en/access'
import { approvals } from './en/approvals'
import { bodies } from './en/bodies'
import { connections } from './en/connections'
import { editor } from './en/editor'
import { nodes } from './en/nodes'
import { runs } from './en/runs'
import { samples } from './en/samples'
import { settings } from './en/settings'
import { shell } from './en/shell'
import { status } from './en/status'
import { templates } from './en/templates'
import { triggers } from './en/triggers'
import { workflows } from './en/workflows'

/** Every visible string, by screen. A sentence with a value in it is a function, so that plurals are words too. */
export const words = {
  access,
  approvals,
  bodies,
  connections,
  editor,
  nodes,
  runs,
  samples,
  settings,
  shell,
  status,
  templates,
  triggers,
  workflows,
}
