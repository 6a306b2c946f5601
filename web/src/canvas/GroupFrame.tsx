import type { NodeProps } from '@xyflow/react'
import { type KeyboardEvent, memo, type PointerEvent, useLayoutEffect, useRef, useState } from 'react'
import { words } from '~/i18n'
import { groupKey } from '~/model/notes'
import { useScene } from './context'
import classes from './Notes.module.css'
import { FRAME_HANDLE, type GroupFlowNode } from './notesToFlow'
import { toneStyle } from './tones'

const t = words.canvas.notes

/** A titled frame around the nodes of a group; its title takes them along. */
export const GroupFrame = memo(function GroupFrame({ data, selected }: NodeProps<GroupFlowNode>) {
  const scene = useScene()
  const { id, title, color, writing } = data
  const take = (event: PointerEvent) => {
    const editing = scene.getEditing()
    // Before React Flow looks what is chosen: a drag of the title is one of all of the group's nodes.
    if (editing && event.button === 0 && !selected) editing.onSelectGroup(id)
  }
  return (
    <div
      className={classes.group}
      style={toneStyle(color)}
      data-selected={selected || undefined}
      data-testid={`group-${id}`}
    >
      {writing ? (
        <TitleInput id={id} title={title} />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: a handle for the pointer; keys choose the nodes.
        <span
          className={`${classes.groupTitle} ${FRAME_HANDLE}`}
          data-blank={title === '' || undefined}
          onPointerDown={take}
          onDoubleClick={(event) => {
            event.stopPropagation()
            scene.getEditing()?.onRenaming(groupKey(id))
          }}
        >
          {title || t.untitled}
        </span>
      )}
    </div>
  )
})

function TitleInput({ id, title }: { id: string; title: string }) {
  const scene = useScene()
  const [text, setText] = useState(title)
  const input = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  useLayoutEffect(() => {
    input.current?.focus({ preventScroll: true })
    input.current?.select()
  }, [])
  const finish = (keep: boolean) => {
    if (done.current) return
    done.current = true
    const editing = scene.getEditing()
    if (keep && text.trim() !== title) editing?.onGroupTitle(id, text.trim())
    editing?.onRenaming(null)
    input.current?.closest<HTMLElement>('[data-canvas]')?.focus()
  }
  const press = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Enter') finish(true)
    else if (event.key === 'Escape') finish(false)
    else return
    event.preventDefault()
  }
  return (
    <input
      ref={input}
      className={`${classes.groupInput} nodrag nopan nowheel`}
      aria-label={t.groupTitle}
      placeholder={t.untitled}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={press}
      onBlur={() => finish(true)}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  )
}
