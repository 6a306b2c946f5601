import { RunDialog } from '~/runs/RunDialog'
import { setPanels } from './actions/panels'
import { ConflictDialog } from './ConflictDialog'
import { HelpDialog } from './HelpDialog'
import { RenameDialog } from './RenameDialog'
import { SettingsDialog } from './SettingsDialog'
import { useDispatch, useEditor } from './store'

export function Dialogs({ onStarted }: { onStarted(id: string): void }) {
  const dispatch = useDispatch()
  const panels = useEditor((state) => state.panels)
  const name = useEditor((state) => state.saved.document.name)
  const version = useEditor((state) => state.saved.version)
  return (
    <>
      <RunDialog
        workflow={name}
        version={version}
        opened={panels.runInputs}
        onClose={() => dispatch(setPanels, { runInputs: false })}
        onStarted={(execution) => onStarted(execution.id)}
      />
      {panels.renamingId === null ? null : <RenameDialog key={panels.renamingId} id={panels.renamingId} />}
      {panels.conflict ? <ConflictDialog /> : null}
      {panels.help ? <HelpDialog /> : null}
      {panels.settings ? <SettingsDialog /> : null}
    </>
  )
}
