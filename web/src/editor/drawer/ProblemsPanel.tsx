import { UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconCircleX } from '@tabler/icons-react'
import { words } from '~/i18n'
import { bodyOf, openBody } from '~/model/bodies'
import { problemNode } from '~/model/validate'
import { nodeTitle, type Problem } from '~/model/workflow'
import { InlineText } from '~/ui/InlineText'
import { StatusBadge } from '~/ui/StatusBadge'
import { showProblem } from '../actions/select'
import { isError, problemsOf } from '../problems'
import { useDispatch, useEditor } from '../store'
import classes from './Drawer.module.css'

const t = words.editor.drawer

/** Everything that is wrong, errors first; a click goes there. */
export function ProblemsPanel() {
  const dispatch = useDispatch()
  const problems = useEditor(problemsOf)
  const document = useEditor((state) => state.root)
  const failure = useEditor((state) => state.checks.failure)
  const checking = useEditor((state) => state.checks.of !== state.root && state.checks.failure === null)
  const sorted = [...problems].sort((left, right) => Number(isError(right)) - Number(isError(left)))
  const place = (problem: Problem) => {
    const { path, pointer } = bodyOf(problem)
    const graph = openBody(document, path)
    const id = problemNode(graph, { ...problem, pointer })
    return id === null ? problem.pointer : [...path, nodeTitle(id, graph.nodes[id])].join(' › ')
  }
  return (
    <div data-testid="problems-panel">
      {failure ? <p className={classes.note}>{t.unchecked(failure)}</p> : null}
      {sorted.map((problem) => {
        const Icon = isError(problem) ? IconCircleX : IconAlertTriangle
        return (
          <UnstyledButton
            key={`${problem.pointer} ${problem.code} ${problem.message}`}
            className={classes.problem}
            data-severity={problem.severity}
            title={problem.pointer}
            onClick={() => dispatch(showProblem, problem)}
          >
            <Icon size={16} stroke={1.8} aria-label={problem.severity} role="img" />
            <span>
              <InlineText text={problem.message} />{' '}
              {problem.fix ? (
                <span className={classes.fix}>
                  <InlineText text={problem.fix} />
                </span>
              ) : null}
            </span>
            <span className={classes.place}>{place(problem)}</span>
          </UnstyledButton>
        )
      })}
      {problems.length > 0 || failure ? null : checking ? (
        <p className={classes.note}>{t.checking}</p>
      ) : (
        <div className={classes.good}>
          <StatusBadge status="succeeded" variant="icon" />
          {t.noProblems}. <span className={classes.muted}>{t.noProblemsHelp}</span>
        </div>
      )}
    </div>
  )
}
