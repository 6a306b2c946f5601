import { ActionIcon, Modal, Tooltip } from '@mantine/core'
import { IconArrowsDiagonal } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { words } from '~/i18n'
import type { CodeMirrorProps } from './CodeMirror'
import classes from './forms.module.css'

const CodeMirror = lazy(() => import('./CodeMirror'))
const t = words.editor.form

interface CodeEditorProps extends CodeMirrorProps {
  /** It can fill the window; this is its title then. */
  fullTitle?: string
}

/** A code editor, loaded with the first field that needs one. */
export function CodeEditor({ fullTitle, ...props }: CodeEditorProps) {
  const [full, setFull] = useState(false)
  const editor = (
    <div className={classes.code}>
      <Suspense fallback={<div className={classes.loading} />}>
        <CodeMirror {...props} />
      </Suspense>
    </div>
  )
  if (fullTitle === undefined) return editor
  return (
    <div className={classes.codeFrame}>
      {editor}
      <Tooltip label={t.fullScreen}>
        <ActionIcon
          className={classes.enlarge}
          variant="default"
          size={22}
          aria-label={t.fullScreen}
          onClick={() => setFull(true)}
        >
          <IconArrowsDiagonal size={13} stroke={1.8} />
        </ActionIcon>
      </Tooltip>
      <Modal
        opened={full}
        onClose={() => setFull(false)}
        title={fullTitle}
        fullScreen
        closeButtonProps={{ 'aria-label': t.closeFull }}
      >
        <div className={`${classes.code} ${classes.full}`}>
          <Suspense fallback={<div className={classes.loading} />}>
            <CodeMirror {...props} numbers autoFocus lines={[20, Number.POSITIVE_INFINITY]} />
          </Suspense>
        </div>
      </Modal>
    </div>
  )
}
