import { RunDialog } from '~/runs/RunDialog'
import { setPanels } from './actions/panels'
import { HelpDialog } from './HelpDialog'
import { RenameDialog } from './RenameDialog'
import { SettingsDialog } from './SettingsDialog'
import { useDispatch, useEditor } from './store'

export function Dialogs({ onStarted }: { onStarted(id: string): void }) {
  const dispatch = useDispatch()
  const panels = useEditor((state) => state.panels)
  const name = useEditor((state) => state.saved.document.name)
  return (
    <>
      <RunDialog
        workflow={name}
        version={panels.runInputs ?? 0}
        opened={panels.runInputs !== null}
        onClose={() => dispatch(setPanels, { runInputs: null })}
        onStarted={(execution) => onStarted(execution.id)}
      />
      {panels.renamingId === null ? null : <RenameDialog key={panels.renamingId} id={panels.renamingId} />}
      {panels.help ? <HelpDialog /> : null}
      {panels.settings ? <SettingsDialog /> : null}
    </>
  )
}
