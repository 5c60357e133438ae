package org.libconsent;

import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A handle of the C library. Any thread may use it, and any thread may close it: closing waits for calls under way, and a
 * call on a closed handle throws IllegalStateException. A child keeps its parent open until it is closed itself. What a callback closes
 * ends with the call that the callback was made in.
 */
abstract class Handle implements AutoCloseable {
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Handle parent;
    private long address;
    private int children;
    private volatile boolean closing;

    Handle(Handle parent, long address) {
        this.parent = parent;
        this.address = address;
    }

    /** Ends the C handle. */
    abstract void release(long address);

    /** The C handle, until leave(). */
    final long enter() {
        if (!closing) { // closing waits for long calls; who comes meanwhile does not
            lock.readLock().lock();
            if (address != 0 && !closing) {
                return address;
            }
            lock.readLock().unlock();
        }
        throw new IllegalStateException(getClass().getSimpleName() + " was closed");
    }

    final void leave() {
        lock.readLock().unlock();
        releaseIfLast();
    }

    /** Inside enter and leave: one more C handle hangs on this one. */
    final synchronized void addChild() {
        children++;
    }

    private void childClosed() {
        synchronized (this) {
            children--;
        }
        releaseIfLast();
    }

    private void releaseIfLast() {
        if (!closing || lock.getReadHoldCount() > 0) {
            return; // this thread is inside a call: its leave comes here again
        }
        lock.writeLock().lock();
        try {
            synchronized (this) {
                if (children > 0 || address == 0) {
                    return;
                }
            }
            release(address);
            address = 0;
        } finally {
            lock.writeLock().unlock();
        }
        if (parent != null) {
            parent.childClosed();
        }
    }

    /** Never throws; closing twice is fine. */
    @Override
    public final void close() {
        closing = true;
        releaseIfLast();
    }
}
