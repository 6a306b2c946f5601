import { Center, Group, Loader, Text } from '@mantine/core'
import { words } from '~/i18n'

/** Shown only after 200 ms, and with words: no bare spinner. */
export function PagePending({ label = words.shell.loading }: { label?: string }) {
  return (
    <Center mih={240} role="status">
      <Group gap="xs">
        <Loader size="xs" />
        <Text size="sm" c="dimmed">
          {label}
        </Text>
      </Group>
    </Center>
  )
}
