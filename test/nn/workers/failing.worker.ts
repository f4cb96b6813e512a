// Does not load.
throw new Error('the disk with the pictures is not there');
