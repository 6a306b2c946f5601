import { words } from '~/i18n'
import { setConfig, setPolicy, setTitle, setType } from '~/model/edits'
import type { JsonObject } from '~/model/json'
import type { NodePolicy } from '~/model/workflow'
import type { Action } from '../action'

export const editConfig: Action<{ id: string; config: JsonObject }> = {
  id: 'node.config',
  label: words.editor.actions.config,
  undoable: true,
  describe: ({ id }) => words.editor.actions.configOf(id),
  perform: (state, { id, config }) => ({ ...state, document: setConfig(state.document, id, config) }),
}

export const changeVersion: Action<{ id: string; type: string; config: JsonObject }> = {
  id: 'node.version',
  label: words.nodes.newer.action,
  undoable: true,
  describe: ({ id, type }) => words.nodes.newer.used(id, type),
  perform: (state, { id, type, config }) => ({
    ...state,
    document: setConfig(setType(state.document, id, type), id, config),
  }),
}

export const editPolicy: Action<{ id: string; policy: NodePolicy }> = {
  id: 'node.policy',
  label: words.editor.actions.policy,
  undoable: true,
  describe: ({ id }) => words.editor.actions.policyOf(id),
  perform: (state, { id, policy }) => ({ ...state, document: setPolicy(state.document, id, policy) }),
}

export const editTitle: Action<{ id: string; title: string }> = {
  id: 'node.title',
  label: words.editor.actions.title,
  undoable: true,
  describe: ({ id }) => words.editor.actions.titleOf(id),
  perform: (state, { id, title }) => ({ ...state, document: setTitle(state.document, id, title) }),
}
