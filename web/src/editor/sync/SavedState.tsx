import { words } from '~/i18n'
import classes from '../Editor.module.css'
import { changesOf } from '../state'
import { useEditor } from '../store'
import { useSession } from './context'

const t = words.drafts

/** In words: how far the draft is from its version, and whether the server has all of it. */
export function SavedState() {
  const saved = useEditor((state) => state.saved)
  const saving = useEditor((state) => state.saving)
  const changes = useEditor(changesOf)
  const sync = useSession((session) => session.state)
  const unsent = useSession((session) => session.unsent)

  let text = changes > 0 ? t.draft(changes, saved.version) : t.saved(saved.version, saved.published)
  let state: string = changes > 0 ? 'draft' : 'saved'
  if (saving.state === 'saving') text = t.savingVersion
  else if (saving.state === 'failed') [text, state] = [t.versionFailed(saving.message), 'failed']
  else if (sync.state === 'offline') [text, state] = [`${text} · ${t.offline(unsent)}`, 'offline']
  else if (sync.state === 'refused') [text, state] = [`${text} · ${t.refused(sync.message)}`, 'failed']
  else if (unsent > 0) text = `${text} · ${t.saving}`
  else if (changes > 0) text = `${text} · ${t.kept}`
  return (
    <span
      className={classes.saved}
      data-state={state}
      data-unsent={unsent}
      data-testid="saved-state"
      role="status"
      title={text}
    >
      {text}
    </span>
  )
}
