import { type NodeProps, NodeResizer } from '@xyflow/react'
import { type KeyboardEvent, memo, useLayoutEffect, useRef, useState } from 'react'
import { words } from '~/i18n'
import { LEAST_NOTE, LONGEST_NOTE, noteKey } from '~/model/notes'
import { Markdown } from '~/ui/Markdown'
import { useScene } from './context'
import classes from './Notes.module.css'
import type { NoteFlowNode } from './notesToFlow'
import { toneStyle } from './tones'

const t = words.canvas.notes

/** A sticky note: text on coloured paper, written in place. */
export const NoteCard = memo(function NoteCard({ data, selected }: NodeProps<NoteFlowNode>) {
  const scene = useScene()
  const { id, text, color, writing } = data
  return (
    <>
      {selected && !scene.readOnly ? (
        <NodeResizer
          minWidth={LEAST_NOTE[0]}
          minHeight={LEAST_NOTE[1]}
          onResizeEnd={(_, { x, y, width, height }) =>
            scene
              .getEditing()
              ?.onNoteSize(id, [Math.round(x), Math.round(y)], [Math.round(width), Math.round(height)])
          }
        />
      ) : null}
      <div
        className={classes.note}
        style={toneStyle(color)}
        data-selected={selected || undefined}
        data-testid={`note-${id}`}
      >
        {writing ? (
          <NoteInput id={id} text={text} />
        ) : text.trim() === '' ? (
          <p className={classes.blank}>{scene.readOnly ? '' : t.blank}</p>
        ) : (
          <Markdown text={text} />
        )}
      </div>
    </>
  )
})

function NoteInput({ id, text: before }: { id: string; text: string }) {
  const scene = useScene()
  const [text, setText] = useState(before)
  const area = useRef<HTMLTextAreaElement>(null)
  const done = useRef(false)
  useLayoutEffect(() => {
    area.current?.focus({ preventScroll: true })
    area.current?.setSelectionRange(before.length, before.length)
  }, [before])
  const finish = (keep: boolean) => {
    // Taking the field away blurs it, too.
    if (done.current) return
    done.current = true
    const editing = scene.getEditing()
    if (keep && text !== before) editing?.onNoteText(id, text)
    editing?.onRenaming(null)
    editing?.onSelectOnly(noteKey(id))
    area.current?.closest<HTMLElement>('[data-canvas]')?.focus()
  }
  const press = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) finish(true)
    else return
    event.preventDefault()
  }
  return (
    <textarea
      ref={area}
      className={`${classes.writing} nodrag nopan nowheel`}
      aria-label={t.text}
      placeholder={t.placeholder}
      maxLength={LONGEST_NOTE}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={press}
      onBlur={() => finish(true)}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  )
}
