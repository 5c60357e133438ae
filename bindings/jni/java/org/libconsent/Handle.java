package org.libconsent;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A handle of the C library. Any thread may use it, and any thread may close it: closing waits for calls under way, and a
 * call on a closed handle throws IllegalStateException. A child keeps its parent open until it is closed itself.
 */
abstract class Handle implements AutoCloseable {
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Handle parent;
    private long address;
    private int children;
    private boolean closing;

    Handle(Handle parent, long address) {
        this.parent = parent;
        this.address = address;
    }

    /** Ends the C handle. */
    abstract void release(long address);

    /** The C handle, until leave(). */
    final long enter() {
        lock.readLock().lock();
        if (address == 0 || closing) {
            lock.readLock().unlock();
            throw new IllegalStateException(getClass().getSimpleName() + " was closed");
        }
        return address;
    }

    final void leave() {
        lock.readLock().unlock();
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
        lock.writeLock().lock();
        try {
            synchronized (this) {
                if (!closing || children > 0 || address == 0) {
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
        lock.writeLock().lock();
        closing = true;
        lock.writeLock().unlock();
        releaseIfLast();
    }
}
