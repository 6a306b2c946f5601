import { Button, Group, Modal, ScrollArea, Stack, Text } from '@mantine/core'
import { words } from '~/i18n'
import type { Json } from '~/model/json'
import { useLiveDraft, useSession } from './context'
import { placeWords } from './placeWords'
import classes from './sync.module.css'

const t = words.drafts

/** Each place that two people edited, with both edits; one of them is chosen. */
export function CollisionsDialog({ onClose }: { onClose(): void }) {
  const live = useLiveDraft()
  const collisions = useSession((session) => session.collisions)
  const resolve = (ids: readonly string[], keep: 'mine' | 'theirs') => {
    for (const id of ids) live.resolve(id, keep)
    if (ids.length === collisions.length) onClose()
  }
  const all = collisions.map(({ change }) => change.id)
  return (
    <Modal opened onClose={onClose} title={t.collisionTitle} size="lg">
      <Stack gap="md">
        <Text size="sm">{t.collisionText}</Text>
        <ul className={classes.collisions}>
          {collisions.map(({ change, theirs }) => (
            <li key={change.id} className={classes.collision}>
              <Text size="sm" fw={600}>
                {placeWords(change.path)}
              </Text>
              <div className={classes.sides}>
                <Side
                  label={t.mine}
                  value={change.after}
                  button={t.keepMine}
                  onKeep={() => resolve([change.id], 'mine')}
                />
                <Side
                  label={t.theirs}
                  value={theirs}
                  button={t.keepTheirs}
                  onKeep={() => resolve([change.id], 'theirs')}
                />
              </div>
            </li>
          ))}
        </ul>
        {collisions.length > 1 ? (
          <Group gap="xs">
            <Button variant="default" size="xs" onClick={() => resolve(all, 'mine')}>
              {t.allMine}
            </Button>
            <Button variant="default" size="xs" onClick={() => resolve(all, 'theirs')}>
              {t.allTheirs}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Modal>
  )
}

interface SideProps {
  label: string
  value: Json | undefined
  button: string
  onKeep(): void
}

function Side({ label, value, button, onKeep }: SideProps) {
  const text =
    value === undefined ? t.nothing : typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return (
    <div className={classes.side}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <ScrollArea.Autosize
        mah={160}
        className={classes.value}
        viewportProps={{ tabIndex: 0, 'aria-label': label }}
      >
        <pre>{text}</pre>
      </ScrollArea.Autosize>
      <Button variant="default" size="xs" onClick={onKeep}>
        {button}
      </Button>
    </div>
  )
}
