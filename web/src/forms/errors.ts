import type { Problem } from '~/model/workflow'

/** Problems of a field: at its own place; with `inside`, at places within it as well. */
export function problemsAt(problems: readonly Problem[], pointer: string, inside: boolean): Problem[] {
  return problems.filter(
    (problem) => problem.pointer === pointer || (inside && problem.pointer.startsWith(`${pointer}/`)),
  )
}

/** Problems of the form as a whole: at its root, or at keys that no field stands for. */
export function unplaced(problems: readonly Problem[], prefix: string, known: readonly string[]): Problem[] {
  return problems.filter((problem) => {
    if (problem.pointer === prefix) return true
    if (!problem.pointer.startsWith(`${prefix}/`)) return false
    return !known.some((pointer) => problem.pointer === pointer || problem.pointer.startsWith(`${pointer}/`))
  })
}

/** The line (from 1) that a problem of code names. */
export function lineOf(problems: readonly Problem[]): number | undefined {
  const found = problems.map((problem) => /\bline (\d+)\b/.exec(problem.message)?.[1]).find(Boolean)
  return found === undefined ? undefined : Number(found)
}
