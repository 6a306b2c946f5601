// Runs before the page's own code: what is drawn, when; which nodes rendered; long tasks; frames.
window.__bench = (() => {
  const bench = { tasks: [], frames: [], renders: {}, watching: false, blank: 0 }
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) bench.tasks.push([entry.startTime, entry.duration])
  }).observe({ type: 'longtask', buffered: true })
  // React tells a developer tool of every commit, in production too: what did work is marked on the fiber.
  const PERFORMED = 1
  const walk = (fiber) => {
    for (let child = fiber.child; child; child = child.sibling) {
      const before = child.alternate
      const props = child.memoizedProps
      const isNode = props && typeof props.id === 'string' && props.data && props.type === 'workflow'
      if (isNode && typeof child.type !== 'string' && child.flags & PERFORMED && before !== null) {
        bench.renders[props.id] = (bench.renders[props.id] ?? 0) + 1
      }
      // A subtree that was not touched is the same one.
      if (!before || before.child !== child.child || child.child === null) walk(child)
    }
  }
  window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true,
    renderers: new Map(),
    inject: () => 1,
    onCommitFiberRoot: (_, root) => bench.watching && walk(root.current),
    onCommitFiberUnmount: () => {},
    onPostCommitFiberRoot: () => {},
  }
  // All placed: the cards are there, or, far away, the layer that stands for them has been painted.
  bench.placed = (count) => {
    const canvas = [...document.querySelectorAll('.react-flow canvas')].some((one) => one.width > 300)
    const cards = document.querySelectorAll('.react-flow__node').length
    return canvas || cards >= count
  }
  // Interactive: drawn, and the main thread has nothing to do that would hold back an answer.
  bench.opened = (count) =>
    new Promise((resolve) => {
      const look = () => {
        if (!bench.placed(count)) return requestAnimationFrame(look)
        requestAnimationFrame(() => requestIdleCallback(() => resolve(performance.now())))
      }
      look()
    })
  bench.record = () => {
    bench.tasks = []
    bench.frames = []
    bench.watched = performance.now()
    let last = 0
    const frame = (now) => {
      if (last) bench.frames.push(now - last)
      last = now
      if (bench.recording) requestAnimationFrame(frame)
    }
    bench.recording = true
    requestAnimationFrame(frame)
  }
  bench.stop = () => {
    bench.recording = false
    const tasks = bench.tasks.filter(([at]) => at >= bench.watched).map(([, lasted]) => lasted)
    return { longest: Math.max(0, ...tasks), frames: bench.frames }
  }
  // Longest time for which the middle of the list shows no row, ms.
  bench.watchRows = (selector) => {
    const box = document.querySelector(selector).getBoundingClientRect()
    const [x, y] = [box.left + box.width / 3, Math.min(box.bottom, innerHeight) - 120]
    let since = null
    const frame = (now) => {
      const there = document.elementFromPoint(x, y)?.closest('tr, [role="row"]')
      if (there) since = null
      else since ??= now
      if (since !== null) bench.blank = Math.max(bench.blank, now - since)
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  }
  return bench
})()
