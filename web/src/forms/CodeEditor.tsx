import { lazy, Suspense } from 'react'
import type { CodeMirrorProps } from './CodeMirror'
import classes from './forms.module.css'

const CodeMirror = lazy(() => import('./CodeMirror'))

/** A code editor, loaded with the first field that needs one. */
export function CodeEditor(props: CodeMirrorProps) {
  return (
    <div className={classes.code}>
      <Suspense fallback={<div className={classes.loading} />}>
        <CodeMirror {...props} />
      </Suspense>
    </div>
  )
}
