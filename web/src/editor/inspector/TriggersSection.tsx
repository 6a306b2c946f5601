import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMemo } from 'react'
import type { Suggestions } from '~/forms/context'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import { freshId, setKey } from '~/model/edits'
import { isObject, type JsonObject, pointerOf } from '~/model/json'
import type { Problem } from '~/model/workflow'
import { SchedulePreview } from '~/triggers/SchedulePreview'
import { firstConfig, TRIGGER_TYPES, triggerSchema } from '~/triggers/schemas'
import classes from '~/triggers/triggers.module.css'
import { editDocument } from '../actions/editDocument'
import { problemsOf } from '../problems'
import { useDispatch, useEditor, useEditorHandle } from '../store'
import inspector from './Inspector.module.css'

const t = words.triggers
const SUGGESTIONS: Suggestions = {
  paths: [
    { label: 'trigger.scheduled_at.iso' },
    { label: 'trigger.scheduled_at.year' },
    { label: 'trigger.scheduled_at.month' },
    { label: 'trigger.scheduled_at.day' },
    { label: 'trigger.body' },
    { label: 'trigger.type' },
  ],
  tables: {},
  columns: [],
}
const NONE: Readonly<Record<string, JsonObject>> = {}

/** What starts the workflow by itself: a form for each trigger, by its type. */
export function TriggersSection() {
  const dispatch = useDispatch()
  const { store } = useEditorHandle()
  const triggers = useEditor((state) => state.root.triggers) ?? NONE
  const set = (next: Record<string, JsonObject>, label: string) => {
    const document = setKey(store.getState().root, 'triggers', next)
    dispatch(editDocument, { document, label })
  }
  const add = (type: string) => {
    const name = freshId(triggers, type)
    set({ ...triggers, [name]: { type, config: firstConfig(type) } }, t.added)
  }
  return (
    <section className={inspector.section} aria-label={t.section}>
      <div className={classes.cardHead}>
        <strong style={{ flex: 1 }}>{t.section}</strong>
        <Menu position="bottom-end" width={240} hideDetached={false}>
          <Menu.Target>
            <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden />}>
              {t.add}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {TRIGGER_TYPES.map((type) => (
              <Menu.Item key={type} onClick={() => add(type)}>
                {t.types[type]}
                <div className={inspector.quiet}>{t.about_[type]}</div>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
      <p className={inspector.quiet}>{t.sectionHelp}</p>
      {Object.entries(triggers).map(([name, trigger]) => (
        <TriggerCard
          key={name}
          name={name}
          trigger={trigger}
          onChange={(next) => set({ ...triggers, [name]: next }, t.edited(name))}
          onRemove={() => {
            const { [name]: _gone, ...rest } = triggers
            set(rest, t.removed)
          }}
        />
      ))}
    </section>
  )
}

interface TriggerCardProps {
  name: string
  trigger: JsonObject
  onChange: (trigger: JsonObject) => void
  onRemove: () => void
}

function TriggerCard({ name, trigger, onChange, onRemove }: TriggerCardProps) {
  const all = useEditor(problemsOf)
  const focus = useEditor((state) => state.focus)
  const prefix = pointerOf('triggers', name)
  const mine = useMemo<readonly Problem[]>(
    () => all.filter(({ pointer }) => pointer === prefix || pointer.startsWith(`${prefix}/`)),
    [all, prefix],
  )
  const type = typeof trigger.type === 'string' ? trigger.type : ''
  const schema = useMemo(() => triggerSchema(type), [type])
  const { config, inputs } = trigger
  const value = {
    ...(isObject(config) && { config }),
    ...(isObject(inputs) && { inputs }),
  }
  return (
    <div className={classes.card} data-testid={`trigger-${name}`}>
      <div className={classes.cardHead}>
        <code>{name}</code>
        <ActionIcon size={26} aria-label={t.remove(name)} onClick={onRemove}>
          <IconTrash size={15} stroke={1.7} />
        </ActionIcon>
      </div>
      <SchemaForm
        schema={schema}
        value={value}
        onChange={(next) => onChange({ ...trigger, config: {}, ...next })}
        problems={mine}
        pointerPrefix={prefix}
        suggestions={SUGGESTIONS}
        focus={focus}
      />
      {type === 'schedule' && isObject(config) ? <SchedulePreview config={config} /> : null}
    </div>
  )
}
