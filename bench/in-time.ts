// Patience with what may never come.

/** @throws Error with what `otherwise` says, where the promise takes longer than that */
export async function inTime<Result>(
  promise: Promise<Result>,
  patienceMs: number,
  otherwise: () => string,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise())), patienceMs)
  })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
