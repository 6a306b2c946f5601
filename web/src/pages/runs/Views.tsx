import { Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core'
import { IconBookmark, IconChevronDown, IconTrash } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { words } from '~/i18n'
import { isFiltered } from './filter'
import type { FilterProps } from './RunFilters'
import classes from './RunsPage.module.css'
import { READY_VIEWS, useViews, withView } from './views'

const t = words.history.views

/** Go to filters that have a name, or give those of now one. */
export function Views({ search, onChange }: FilterProps) {
  const [views, setViews] = useViews()
  const [saving, setSaving] = useState(false)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<IconBookmark size={14} aria-hidden />}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            {t.title}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t.ready}</Menu.Label>
          {READY_VIEWS.map((view) => (
            <Menu.Item key={view.name} onClick={() => onChange(view.search)}>
              {view.name}
            </Menu.Item>
          ))}
          {views.length > 0 ? <Menu.Label>{t.mine}</Menu.Label> : null}
          {views.map((view) => (
            <div key={view.name} className={classes.view} role="presentation">
              <Menu.Item onClick={() => onChange(view.search)}>{view.name}</Menu.Item>
              <Menu.Item
                aria-label={t.delete(view.name)}
                title={t.delete(view.name)}
                closeMenuOnClick={false}
                onClick={() => setViews(views.filter(({ name }) => name !== view.name))}
              >
                <IconTrash size={14} stroke={1.7} aria-hidden />
              </Menu.Item>
            </div>
          ))}
          <Menu.Divider />
          <Menu.Item disabled={!isFiltered(search)} onClick={() => setSaving(true)}>
            {t.save}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={saving} onClose={() => setSaving(false)} title={t.saveTitle}>
        <SaveForm
          taken={views.map(({ name }) => name)}
          onSave={(name) => {
            setViews(withView(views, { name, search }))
            setSaving(false)
          }}
        />
      </Modal>
    </>
  )
}

function SaveForm({ taken, onSave }: { taken: readonly string[]; onSave: (name: string) => void }) {
  const [typed, setTyped] = useState('')
  const name = typed.trim()
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (name) onSave(name)
  }
  return (
    <form onSubmit={save}>
      <Stack gap="sm">
        <TextInput
          label={t.name}
          description={taken.includes(name) ? t.nameTaken : undefined}
          maxLength={80}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={name === ''}>
            {t.saveButton}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
