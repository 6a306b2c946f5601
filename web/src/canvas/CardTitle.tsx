import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react'
import { words } from '~/i18n'
import { useScene } from './context'
import classes from './WorkflowNode.module.css'

interface CardTitleProps {
  id: string
  title: string
  /** It is being written. */
  renaming: boolean
}

/** The title on a card; a double click on it, or F2, writes it in place. */
export function CardTitle({ id, title, renaming }: CardTitleProps) {
  const scene = useScene()
  if (renaming) return <TitleInput id={id} title={title} />
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the pointer; keys have F2.
    <span
      className={classes.title}
      title={title}
      onDoubleClick={(event) => {
        const editing = scene.getEditing()
        if (!editing) return
        event.stopPropagation()
        editing.onRenaming(id)
      }}
    >
      {title}
    </span>
  )
}

function TitleInput({ id, title }: { id: string; title: string }) {
  const scene = useScene()
  const [text, setText] = useState(title)
  const input = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  useLayoutEffect(() => {
    // Focus without scrolling: the canvas moves its view itself.
    input.current?.focus({ preventScroll: true })
    input.current?.select()
  }, [])
  const finish = (keep: boolean) => {
    // Taking the field away blurs it, too.
    if (done.current) return
    done.current = true
    const editing = scene.getEditing()
    if (keep && text.trim() !== title) editing?.onTitle(id, text.trim())
    editing?.onRenaming(null)
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
      className={`${classes.titleInput} nodrag nopan nowheel`}
      aria-label={words.canvas.rename}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={press}
      onBlur={() => finish(true)}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  )
}
