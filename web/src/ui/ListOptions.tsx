import { ActionIcon, Checkbox, Popover, SegmentedControl, Stack, Text } from '@mantine/core'
import { IconColumns3 } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { ListLayout } from './useListLayout'

const t = words.history.list

/** Choose the columns of a list and how dense it is. */
export function ListOptions<Row>({ layout }: { layout: ListLayout<Row> }) {
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <ActionIcon variant="default" size={30} aria-label={t.options} title={t.options}>
          <IconColumns3 size={16} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <div>
            <Text size="xs" c="dimmed" mb={4}>
              {t.density}
            </Text>
            <SegmentedControl
              aria-label={t.density}
              value={layout.density}
              onChange={(value) => layout.setDensity(value === 'compact' ? 'compact' : 'normal')}
              data={[
                { value: 'normal', label: t.normal },
                { value: 'compact', label: t.compact },
              ]}
            />
          </div>
          <fieldset style={{ margin: 0, padding: 0, border: 0 }}>
            <Text component="legend" size="xs" c="dimmed" mb={6}>
              {t.columns}
            </Text>
            <Stack gap={8}>
              {layout.choices.map(({ key, head, shown }) => (
                <Checkbox
                  key={key}
                  label={head}
                  checked={shown}
                  onChange={(event) => layout.show(key, event.currentTarget.checked)}
                />
              ))}
            </Stack>
          </fieldset>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
