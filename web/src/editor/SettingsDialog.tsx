import { Button, Group, Modal, NumberInput, SegmentedControl, Stack, Switch, Text } from '@mantine/core'
import { DEFAULTS, setPreferences, usePreferences } from '~/canvas/preferences'
import { words } from '~/i18n'
import { setPanels } from './actions/panels'
import { useDispatch } from './store'

const t = words.canvas.settings

/** How the editor behaves in this browser. */
export function SettingsDialog() {
  const dispatch = useDispatch()
  const now = usePreferences((preferences) => preferences)
  const close = () => dispatch(setPanels, { settings: false })
  return (
    <Modal opened onClose={close} title={t.title}>
      <Stack gap="md">
        <Switch
          label={t.snap}
          checked={now.snap}
          onChange={(event) => setPreferences({ snap: event.currentTarget.checked })}
        />
        <Switch
          label={t.guides}
          checked={now.guides}
          onChange={(event) => setPreferences({ guides: event.currentTarget.checked })}
        />
        <div>
          <Text size="sm" fw={500} mb={4} id="editor-wheel">
            {t.wheel}
          </Text>
          <SegmentedControl
            fullWidth
            aria-labelledby="editor-wheel"
            data={[
              { value: 'zoom', label: t.wheelZoom },
              { value: 'pan', label: t.wheelPan },
            ]}
            value={now.wheel}
            onChange={(wheel) => setPreferences({ wheel: wheel === 'pan' ? 'pan' : 'zoom' })}
          />
        </div>
        <NumberInput
          label={t.large}
          description={t.largeHelp}
          min={1}
          allowDecimal={false}
          value={now.largeGraph}
          onChange={(value) =>
            setPreferences({
              largeGraph: typeof value === 'number' && value > 0 ? value : DEFAULTS.largeGraph,
              warned: [],
            })
          }
        />
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {t.help}
          </Text>
          <Button onClick={close}>{t.done}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
