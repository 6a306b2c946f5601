export const workflows = {}
